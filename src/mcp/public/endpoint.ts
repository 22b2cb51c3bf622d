import { admissionLog } from "../../resource-server/admission-log.ts";
import type { WithoutToken } from "../../resource-server/without-token.ts";
import { SHUTTING_DOWN } from "../messages/json-rpc.ts";
import { callsOf } from "../requests/calls.ts";
import { CurrentMessage } from "../requests/current-message.ts";
import type { Exchange } from "../requests/exchange.ts";
import { createInFlight, DRAIN_MILLISECONDS } from "../requests/in-flight.ts";
import { respond } from "../requests/respond.ts";
import { createServing, type ServingParts } from "../serving.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import { NO_SIGN_IN } from "../tools/security-schemes.ts";
import { createPublicAdmission } from "./admission.ts";
import { askingToSignIn, refusingOthers, type SignInAtCall } from "./refusals.ts";
import type { PublicRoom } from "./room.ts";
import { beforeSignIn, onlyPublic } from "./view.ts";

export type PublicEndpointOptions = Omit<ServingParts, "schemesOf" | "resultChallenges" | "upstreams"> & {
  readonly registrations: RegistrationView;
  readonly withoutToken: WithoutToken;
  readonly room: PublicRoom;
  /** How a request that needs a token leads to a sign-in; undefined where there is nothing beside what is public. */
  readonly signIn: SignInAtCall | undefined;
  /** Whether the log says what was let in. */
  readonly debug: boolean;
};

export type PublicEndpoint = {
  /**
   * Answers one request that came without a token. Everything that is refused is answered, nothing is thrown.
   * @param address of the sender, where it is known
   */
  fetch(request: Request, address: string | undefined): Promise<Response>;
  /** Whether there is anything for anyone. */
  isInUse(): boolean;
  /** Tells the clients that subscribed to this resource that it changed. */
  resourceUpdated(uri: string): void;
  openStreams(): number;
  /** Lets the calls that are running finish (three seconds at most), and then closes every stream. */
  close(): Promise<void>;
};

/** Where there is no sign-in, all that there is needs none. */
const PUBLIC_ONLY = { schemesOf: () => NO_SIGN_IN };

/** The MCP server for requests without a token, in both protocol eras. No person is known in it, and none can become known. */
export function createPublicEndpoint(options: PublicEndpointOptions): PublicEndpoint {
  const { withoutToken, room, signIn, log } = options;
  const registrations = signIn ? beforeSignIn(options.registrations) : onlyPublic(options.registrations);
  const { modern, open, answering } = createServing(
    { ...options, ...(signIn ?? PUBLIC_ONLY), registrations },
    undefined,
  );
  const answer = answering<Exchange<null>>(undefined);
  const inFlight = createInFlight();
  const logAdmission = admissionLog(log, options.debug);
  const limited = (seconds: number) => withoutToken.limited(seconds, signIn !== undefined);
  const admit = createPublicAdmission({
    registrations,
    async countMore(address, messages) {
      const waitSeconds = await room.count(address, messages);
      return waitSeconds > 0 ? limited(waitSeconds) : undefined;
    },
    refuse: signIn
      ? askingToSignIn(options.registrations, signIn, withoutToken)
      : refusingOthers(registrations),
  });
  registrations.onRegistered(modern.announce);
  return {
    async fetch(request, address) {
      const entered = await room.enter(address);
      if ("waitSeconds" in entered) return limited(entered.waitSeconds);
      let staysWithStream = false;
      const response = await respond<Exchange<null>>(
        {
          inFlight,
          admit: (asked) => admit(asked, address),
          async answer(exchange, finished) {
            withoutToken.letIn();
            if (logAdmission) for (const call of callsOf(exchange)) logAdmission(null, call);
            const message = new CurrentMessage(exchange);
            // A shutdown does not wait for what lasts until it is closed.
            if (message.lasts) finished();
            else message.atEnd(finished);
            message.atEnd(entered.leave);
            staysWithStream = true;
            return answer(exchange, message);
          },
          log,
        },
        request,
      );
      if (!staysWithStream) entered.leave();
      return response;
    },
    isInUse: () => signIn !== undefined || [...registrations.all()].length > 0,
    resourceUpdated: modern.resourceUpdated,
    openStreams: open.streams,
    async close() {
      await inFlight.drain(DRAIN_MILLISECONDS);
      open.closeCalls(SHUTTING_DOWN);
      await modern.close();
      open.closeAll();
    },
  };
}
