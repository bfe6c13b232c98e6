// Writes a Node-RED user directory with two flows: node nodered_flow.js DIRECTORY PORT HOOK
//   websocket in (/in), function (translate), websocket out (/sub)
//   http in (POST /events), function (translate), http request (the webhook), http response
const fs = require('fs'), path = require('path');
const [directory, port, hook] = process.argv.slice(2);
const source = fs.readFileSync(path.join(__dirname, 'translate.js'), 'utf8');
const translate = source.replace('let number = 0;', "let number = context.get('number') || 0;")
  .replace('module.exports =', 'const translate =');
const body = inside => `${translate}\n${inside}\ncontext.set('number', number);\nreturn msg;`;
const step = (id, type, x, y, wires, more) => ({ id, type, z: 'bridge', x, y, wires, ...more });
const func = { outputs: 1, libs: [] };
fs.mkdirSync(directory, { recursive: true });
fs.writeFileSync(path.join(directory, 'settings.js'), `module.exports = ${JSON.stringify({
  uiPort: +port, uiHost: '127.0.0.1', flowFile: 'flows.json', disableEditor: true, telemetry: { enabled: false },
  logging: { console: { level: 'warn', metrics: false, audit: false } }, httpRequestTimeout: 15000,
})};`);
fs.writeFileSync(path.join(directory, 'flows.json'), JSON.stringify([
  { id: 'bridge', type: 'tab', label: 'bridge' },
  { id: 'pages', type: 'websocket-listener', path: '/in', wholemsg: 'false' },
  { id: 'subscribers', type: 'websocket-listener', path: '/sub', wholemsg: 'false' },
  step('page', 'websocket in', 100, 100, [['map']], { server: 'pages', client: '' }),
  step('map', 'function', 200, 100, [['tell']], { ...func, func: body(
    'msg.payload = JSON.stringify(translate(JSON.parse(msg.payload)));\ndelete msg._session;') }),
  step('tell', 'websocket out', 300, 100, [], { server: 'subscribers', client: '' }),
  step('posted', 'http in', 100, 200, [['map2']], { url: '/events', method: 'post' }),
  step('map2', 'function', 200, 200, [['hook']], { ...func, func: body(
    'msg.payload = JSON.stringify(translate(typeof msg.payload === "string" ? JSON.parse(msg.payload) : msg.payload));' +
    '\nmsg.headers = { "content-type": "application/json" };') }),
  step('hook', 'http request', 300, 200, [['answer']], { method: 'POST', ret: 'txt', url: hook, persist: true }),
  step('answer', 'http response', 400, 200, [], { statusCode: '200' }),
]));
