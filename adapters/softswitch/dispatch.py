"""From a command to the part of the switch that carries it out."""

import msgspec

from adapters.contract.dialect import Done, Outcome
from adapters.softswitch import agents, calls, scenario, transfers, work
from adapters.softswitch.faults import Faults
from adapters.softswitch.model import Agent, Leg
from adapters.softswitch.switch import Switch
from schemas import commands as c
from schemas.agent import AgentState
from schemas.commands import AnyCommand, verb
from schemas.errors import RefusedError
from schemas.observations import DirectoryEntry
from schemas.results import ErrorCode, Failed
from schemas.values import Json


def execute(switch: Switch, faults: Faults, agent_id: str, command: AnyCommand) -> Outcome:
    """Carry out a command: done, a question, or refused with nothing changed."""
    if faults.failures and not isinstance(command, c.VendorCall):
        return faults.failures.popleft()
    try:
        match command:
            case c.Login():
                return agents.login(switch, command)
            case c.VendorCall():
                return scenario.run(switch, faults, command)
            case c.InteractionCommand():
                agent = _signed_in(switch, agent_id)
                return _interaction(switch, switch.leg(agent, command.interaction_id), command)
            case _:
                return _session(switch, _signed_in(switch, agent_id), command)
    except RefusedError as refused:
        return Failed(code=refused.code, message=refused.message)


def _signed_in(switch: Switch, agent_id: str) -> Agent:
    agent = switch.agent(agent_id)
    if not agent.logged_in:
        raise RefusedError(ErrorCode.NOT_LOGGED_IN, f"agent {agent_id!r} is not signed in")
    return agent


def _session(switch: Switch, agent: Agent, command: AnyCommand) -> Outcome:  # noqa: PLR0911  # a table of verbs
    match command:
        case c.Logout():
            return agents.logout(switch, agent, command)
        case c.SetState():
            return agents.set_state(switch, agent, command)
        case c.Dial():
            return calls.dial(switch, agent, command)
        case c.StartChat():
            return calls.start_chat(switch, agent, command)
        case c.StartEmail():
            return calls.start_email(switch, agent, command)
        case c.ListDispositions():
            service = work.agent_service(switch, agent, command.service, command.interaction_id)
            return Done(data=msgspec.to_builtins(work.dispositions(service)))
        case c.ListDirectory():
            return Done(data=_directory(switch, agent, command.query))
        case _:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"{verb(command)} is no verb of a session")


def _interaction(switch: Switch, leg: Leg, command: c.InteractionCommand) -> Outcome:  # noqa: C901, PLR0911, PLR0912  # a table of verbs
    match command:
        case c.Accept():
            return calls.accept(switch, leg)
        case c.Reject():
            return calls.reject(switch, leg)
        case c.Release():
            return calls.release(switch, leg)
        case c.Hold():
            return calls.hold(switch, leg)
        case c.Retrieve():
            return calls.retrieve(switch, leg)
        case c.Mute():
            return calls.mute(switch, leg, verb(command), muted=True)
        case c.Unmute():
            return calls.mute(switch, leg, verb(command), muted=False)
        case c.SendDtmf():
            return calls.send_dtmf(leg, command)
        case c.SendChat():
            return calls.send_chat(switch, leg, command)
        case c.ReplyEmail() | c.ForwardEmail():
            return calls.send_email(switch, leg, command)
        case c.StartRecording() | c.StopRecording() | c.PauseRecording() | c.ResumeRecording():
            return calls.record(switch, leg, verb(command))
        case c.DropParty():
            return calls.drop_party(switch, leg, command)
        case c.Consult():
            return transfers.consult(switch, leg, command)
        case c.Alternate():
            return transfers.alternate(switch, leg)
        case c.CompleteTransfer():
            return transfers.complete_transfer(switch, leg)
        case c.CompleteConference():
            return transfers.complete_conference(switch, leg)
        case c.SingleStepTransfer():
            return transfers.single_step_transfer(switch, leg, command)
        case c.SingleStepConference():
            return transfers.single_step_conference(switch, leg, command)
        case c.Focus():
            switch.focus(leg)
            return Done()
        case c.SetData():
            work.put(switch, leg.call.root, command.data)
            return Done()
        case c.DeleteData():
            return work.delete_data(switch, leg, command)
        case c.SetDisposition():
            return work.set_disposition(switch, leg, command)
        case c.SetNotes():
            return work.set_notes(switch, leg, command.notes)
        case c.BlockCompletion():
            return work.block(switch, leg, command)
        case c.UnblockCompletion():
            return work.unblock(switch, leg)
        case c.ExtendWrapUp():
            return work.extend_wrap_up(switch, leg, command)
        case c.EndWrapUp():
            return work.end_wrap_up(switch, leg, command)
        case c.Complete():
            return work.complete(switch, leg, command)
        case _:
            raise RefusedError(ErrorCode.UNSUPPORTED, f"{verb(command)} is no verb of an interaction")


def _directory(switch: Switch, agent: Agent, query: str) -> Json:
    entries = [
        DirectoryEntry(
            name=one.name,
            address=one.extension or one.id,
            id=one.id,
            category="agents",
            kind="agent",
            state=one.state if one.logged_in else AgentState.LOGGED_OUT,
        )
        for one in switch.agents.values()
        if one is not agent
    ]
    entries += [
        DirectoryEntry(name=one.name or one.id, address=one.id, id=one.id, category="services", kind="skill")
        for one in switch.services.values()
    ]
    wanted = query.casefold()
    found = [one for one in entries if wanted in one.name.casefold() or wanted in one.address.casefold()]
    builtins: Json = msgspec.to_builtins(found)
    return builtins
