"""A web application written for Workspace Web Edition, as little as it takes: requests, events, time-outs."""

from typing import Final

APPLICATION: Final = """
<body><script>
const open = new Map(), events = [], other = [];
let sent = 0;
addEventListener('message', ({data}) => {
  if (!data || !String(data.userAgent).includes('WWE')) { other.push(data); return; }
  if (data.event) events.push([data.event, data.data]);
  else if (open.has(data.referenceId)) { open.get(data.referenceId)(data); open.delete(data.referenceId); }
  else other.push(data);
});
function post(message) {
  const referenceId = String(sent++);
  parent.postMessage({...message, referenceId, userAgent: 'WWE Client', protocolVersion: 2}, '*');
  return new Promise((resolve) => {
    open.set(referenceId, resolve);
    setTimeout(() => resolve('Request timeout'), 3000);
  });
}
const call = (request, ...parameters) => post(parameters.length ? {request, parameters} : {request});
const seen = (eventType) => events.map(([, one]) => one).filter((one) => one.eventType === eventType);
const subscribe = (...channels) => post({event: 'subscribe', data: channels});
</script></body>
"""
