import { BrowserVmError, type ControlRequest } from "@browservm/contract";
import { isOperator, type Principal } from "../auth/principal.ts";
import type { Seat } from "./seat.ts";
import type { SessionRoom } from "./session-room.ts";

/** Does with the control what was asked for, if the caller may. VIEWER_NOT_FOUND, CONTROL_REFUSED. */
export function actOnControl(room: SessionRoom, request: ControlRequest, principal: Principal): void {
  const seat = room.find(request.viewer);
  const isOver = isOperator(principal);
  const isOwn = ({ person }: Seat) => isOver || person.scope === principal.scope;
  const { lease } = room;
  switch (request.action) {
    case "ask":
      allow(isOwn(seat), "a viewer asks for itself");
      lease.ask(controlling(seat));
      break;
    case "take":
      allow(isOver, "only operators take the control");
      lease.give(controlling(seat));
      break;
    case "give": {
      const to = room.find(request.to);
      allow(isOver || (isOwn(seat) && seat === lease.holder), "only who has the control gives it");
      lease.give(controlling(to));
      break;
    }
    case "release":
      allow(isOwn(seat), "a viewer lets go for itself");
      lease.release(seat);
      break;
    case "refuse": {
      const { holder } = lease;
      const mayRefuse = isOwn(seat) || (holder !== undefined && isOwn(holder));
      allow(mayRefuse, "only who has the control refuses it");
      lease.refuse(seat);
      break;
    }
  }
}

function allow(isAllowed: boolean, why: string): void {
  if (!isAllowed) throw new BrowserVmError("CONTROL_REFUSED", why);
}

function controlling(seat: Seat): Seat {
  allow(seat.person.canControl, "this viewer may only look");
  return seat;
}
