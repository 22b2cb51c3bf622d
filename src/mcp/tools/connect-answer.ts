import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  UrlElicitationRequiredError,
} from "@modelcontextprotocol/server";
import type { UpstreamNotConnected } from "../../core/upstream.ts";
import { randomId } from "../../platform/random.ts";
import { membersOf } from "../messages/json-rpc.ts";
import type { Caller } from "./tool-context.ts";

/** One call of a feature, as it came. */
export type FeatureCall = {
  readonly feature: { readonly kind: "tool" | "prompt" | "resource" };
  readonly context: ServerContext;
  readonly caller: Caller;
  /** The SDK's server of its session, where it has one. */
  readonly server: McpServer | undefined;
};

/** Under what name the client is asked to open the link of a service. */
export const connectKeyPrefix = "gatehouse-connect-";

/**
 * What is answered where the person has to connect a service first. A client that can show a link gets it to show: as an input
 * that the call needs (2026-07-28), or as the error that says so (2025-11-25). Any other gets it as text.
 * @throws ProtocolError where the answer is an error
 */
export function connectAnswer(missing: UpstreamNotConnected, call: FeatureCall): unknown {
  const { connectUrl: url, upstream } = missing;
  const { feature, context } = call;
  const message = `${sentence(missing)} Open this link in your browser, and sign in there as yourself.`;
  const { envelope, inputResponses } = context.mcpReq;
  const key = `${connectKeyPrefix}${upstream}`;
  if (canOpenLinks(call)) {
    if (envelope === undefined) {
      throw new UrlElicitationRequiredError(
        [{ mode: "url", elicitationId: randomId(), message, url }],
        message,
      );
    }
    // Asked once in a call: who declined, or did not finish, is not asked again and again.
    if (inputResponse(inputResponses, key).kind === "missing") {
      return inputRequired({ inputRequests: { [key]: inputRequired.elicitUrl({ message, url }) } });
    }
  }
  const text = `${message} Then ask again. The link is only for you, and good for ten minutes: ${url}`;
  if (feature.kind === "tool") return { isError: true, content: [{ type: "text", text }] };
  throw new ProtocolError(ProtocolErrorCode.InvalidRequest, text);
}

function sentence({ label, isKey }: UpstreamNotConnected): string {
  return isKey ? `This needs your key for ${label}.` : `This needs your account at ${label}.`;
}

/** What the client said that it can: with this request, or in the handshake of its session. Without either, nothing is known. */
function canOpenLinks({ context, server }: FeatureCall): boolean {
  const { envelope } = context.mcpReq;
  const said = envelope
    ? membersOf(envelope)[CLIENT_CAPABILITIES_META_KEY]
    : server?.server.getClientCapabilities();
  return membersOf(membersOf(said).elicitation).url !== undefined;
}
