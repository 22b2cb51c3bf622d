import type { UnauditedEvent } from "../../../core/events.ts";
import { connectRedirectUriOf } from "../../../core/upstream-urls.ts";
import type { Route } from "../../../http/route.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { NamedPart } from "../../account/parts.ts";
import { createTransactions } from "../../code-flow/transactions.ts";
import type { UpstreamVault } from "../vault.ts";
import { UPSTREAMS } from "./account-answers.ts";
import { type AccountUpstreamsParts, accountUpstreams } from "./account-upstreams.ts";
import { createWaitingAnswers } from "./answers.ts";
import { type ConnectCallbackParts, connectCallbackRoute } from "./callback.ts";
import type { ConnectLinks } from "./connect-links.ts";
import { type ConnectPageParts, connectPageRoute } from "./connect-page.ts";
import { CONNECTIONS, type OfConnection, oauthService } from "./connection.ts";

/** How people connect services in their browser. */
export type Connecting = {
  /** What it adds to the account page. */
  readonly part: NamedPart;
  readonly routes: readonly Route[];
  /** Says what to register at each service, once the server's URL is known. */
  started(): void;
};

export type ConnectingParts = Omit<
  AccountUpstreamsParts & ConnectCallbackParts & ConnectPageParts,
  "transactions" | "answers"
> & {
  readonly vault: UpstreamVault;
  readonly links: ConnectLinks;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly log: Pick<Log<UnauditedEvent>, "info">;
};

export function createConnecting(parts: ConnectingParts): Connecting {
  const transactions = createTransactions<OfConnection>(CONNECTIONS, parts);
  const all = { ...parts, transactions, answers: createWaitingAnswers(parts) };
  const { upstreams } = parts.vault;
  return {
    part: { ...UPSTREAMS, part: accountUpstreams(all) },
    routes: upstreams.flatMap((open) => {
      const service = oauthService(open);
      return [connectPageRoute(open, all), ...(service ? [connectCallbackRoute(service, all)] : [])];
    }),
    started() {
      for (const { name, upstream, service } of upstreams) {
        if (!service) continue;
        const uri = connectRedirectUriOf(parts.issuer, name);
        parts.log.info(`The redirect URI to register at ${upstream.label} is ${uri}`);
      }
    },
  };
}
