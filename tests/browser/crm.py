"""Pages of a CRM that was written for Bright Pattern's script: the documents' own examples, and buttons.

The examples are those of the pages getInteractionsState, onInteractionEnd and startCall, as printed, but for
the types: a browser runs what a compiler leaves of them.
"""

from typing import Final

# getInteractionsState, "Example Request".
STATE_EXAMPLE: Final = """
    let activeInteractionId = null
    let initialInteractionDataLoaded = false
    const adApi = new AgentDesktopClientAPIImpl()
    adApi.getInteractionsState().then(data => {
        if (data.status === 'success') {
            console.info('Initial interactions state:', data.data)
            activeInteractionId = data.data.activeInteractionId
            initialInteractionDataLoaded = true
        } else {
            if (data.error.name === 'not_logged_in') {
                activeInteractionId = null
                initialInteractionDataLoaded = true
            }
            console.warn('Unable to get interactions state:', data.error)
        }
    })
"""
# onInteractionEnd, "Example Request".
END_EXAMPLE: Final = """
const interactionsList = [];
function interactionRemovedCallback(data) {
const delIndex = interactionsList.findIndex(item => item.interactionId === data.interactionId);
if (delIndex !== -1) {
interactionsList.splice(delIndex, 1);
}
}
adApi.on("ON_INTERACTION_REMOVED", interactionRemovedCallback);
"""
# startCall, "Example Request".
CALL_EXAMPLE: Final = """
    startCallButton.onclick = () => {
        const phone = startCallPhoneNumberInput.value
        let associatedObject = undefined
        const associatedObjectStr = associatedObjectTextarea.value
        if (associatedObjectStr) {
            try {
                associatedObject = JSON.parse(associatedObjectStr)
            } catch (e) {
                alert('You have syntax error in the associated object structure. Cannot parse JSON.')
                return
            }
        }
        adApi.startCall(phone, associatedObject)
    }
"""
EXAMPLES: Final = f"""
<input id="startCallPhoneNumberInput"><textarea id="associatedObjectTextarea"></textarea>
<button id="startCallButton">Call</button>
<script>{STATE_EXAMPLE}</script><script>{END_EXAMPLE}</script><script>{CALL_EXAMPLE}</script>
"""

# A page of our own: what is heard is kept, buttons do what they say, and the agent may be asked.
BUTTONS: Final = """
<ul id="log"></ul>
<button id="accept">Accept</button><button id="hold">Hold</button><button id="retrieve">Retrieve</button>
<button id="consult">Consult</button><button id="transfer">Transfer</button><button id="leave">Leave</button>
<button id="complete">Complete</button>
<select id="disposition"></select><button id="choose">Choose</button>
<script>
const adApi = new brightpattern.AdApi({integrationKey: 'crm'});
const heard = [], results = [];
for (const name of ['ON_NEW_INTERACTION', 'ON_INTERACTION_STATE_CHANGE', 'ON_INTERACTION_REMOVED'])
  adApi.on(name, (one) => heard.push({name, at: performance.now(), ...one}));
let call = '';
adApi.on('ON_NEW_INTERACTION', (one) => { call ||= one.interactionId; });
const press = (id, act) => { document.getElementById(id).onclick = async () => results.push(await act()); };
press('accept', () => adApi.acceptInteraction(call));
press('hold', () => adApi.setCallHold(true, call));
press('retrieve', () => adApi.setCallHold(false, call));
press('consult', () => adApi.consultCall('+15559999'));
press('transfer', () => adApi.transfer());
press('leave', () => adApi.leaveInteraction(call));
press('complete', async () => {
  const result = await adApi.completeInteraction(call);
  if (result.status === 'error' && result.error.name === 'no_disposition') {
    const listed = await adApi.getDispositionsList({interactionId: call});
    for (const one of listed.data) disposition.add(new Option(one.name, one.id));
  }
  return result;
});
press('choose', async () => {
  await adApi.setDisposition(disposition.value, call);
  return adApi.completeInteraction(call);
});
</script>
"""


def facade(url: str, agent: str = "a1") -> str:
    """The tag that loads the facade's script from there."""
    return f'<script src="{url}/v1/facades/sim/bright_pattern/api.js" data-agent="{agent}"></script>'
