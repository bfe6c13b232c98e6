// The same translation as bare/translation.py, for the peers on Node.
const STATES = { delivery_pending: 'alerting', delivered: 'connected', hold: 'held', completed: 'ended' };
let number = 0;
module.exports = frame => {
  const call = frame.params[0], state = STATES[call.state];
  number += 1;
  return {
    type: `interaction.${state}`, id: `evt_${number}`, time: call.startTime + number, sequence: number,
    source: 'bright_pattern', interaction_id: call.interactionId, root_id: call.globalInteractionId,
    channel: call.type, direction: call.callDirection, state, muted: call.callMuted, recording: call.callRecording,
    internal: call.internal, remote: call.phoneNumber, ani: call.ANI, dnis: call.DNIS, service: call.service,
    description: call.description, started_at: call.startTime, duration_s: call.duration,
    playback_url: call.playbackUrl, recording_url: call.recordingUrl, origination: call.origination,
    parties: call.callParties.map(one => ({ id: one.id, name: one.name, address: one.phone })),
    data: call.attachedData,
  };
};
