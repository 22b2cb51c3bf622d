import { acceptedBy } from "../messages/accepted.ts";
import { jsonRpcError, readMessages } from "../messages/json-rpc.ts";
import { readBody, WITHOUT_TOKEN } from "../messages/request-body.ts";
import type { Exchange } from "../requests/exchange.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import { onlyReached } from "../tools/step-up.ts";
import type { RefuseWithoutToken } from "./refusals.ts";

/** Lets a request without a token in, or answers it. */
export type PublicAdmit = (
  request: Request,
  address: string | undefined,
) => Promise<Exchange<null> | Response>;

export type PublicAdmissionParts = {
  /** What can be reached without a token. */
  readonly registrations: RegistrationView;
  /** Counts the messages of a batch beyond the first. Returns the answer where they are too many. */
  readonly countMore: (address: string | undefined, messages: number) => Promise<Response | undefined>;
  readonly refuse: RefuseWithoutToken;
};

/** Whoever needs more in one request has a token. */
const MOST_IN_A_BATCH = 50;

export function createPublicAdmission({
  registrations,
  countMore,
  refuse,
}: PublicAdmissionParts): PublicAdmit {
  return async (request, address) => {
    const accepted = acceptedBy(request);
    const read = await readBody(request, accepted, WITHOUT_TOKEN);
    if (read instanceof Response) return read;
    const { body } = read;
    const messages = readMessages(body).length;
    if (messages > MOST_IN_A_BATCH) {
      const most = `A batch without a token has ${MOST_IN_A_BATCH} messages at most.`;
      return jsonRpcError(413, -32600, most);
    }
    const tooMany = messages > 1 ? await countMore(address, messages - 1) : undefined;
    if (tooMany) return tooMany;
    const refusal = refuse(request, body);
    if (refusal && !("apply" in refusal)) return refusal;
    const reached = refusal ? [refusal] : onlyReached(body, registrations);
    return { request, auth: null, authInfo: undefined, accepted, body, reached };
  };
}
