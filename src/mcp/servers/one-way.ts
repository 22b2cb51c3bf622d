import {
  type JSONRPCMessage,
  PerRequestHTTPServerTransport,
  SdkError,
  SdkErrorCode,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";

/*
 * The SDK's transports for clients of 2025 without a session. Such a client answers a question in another POST, which does not
 * come back to whoever asked: a tool is told so, instead of waiting for its timeout.
 */

export class OneRequestTransport extends PerRequestHTTPServerTransport {
  override send(...sent: Parameters<PerRequestHTTPServerTransport["send"]>): Promise<void> {
    return refusal(sent[0]) ?? super.send(...sent);
  }
}

export class OnePostTransport extends WebStandardStreamableHTTPServerTransport {
  override send(...sent: Parameters<WebStandardStreamableHTTPServerTransport["send"]>): Promise<void> {
    return refusal(sent[0]) ?? super.send(...sent);
  }
}

/** Undefined for what needs no answer. */
function refusal(message: JSONRPCMessage): Promise<never> | undefined {
  if (!("method" in message && "id" in message)) return undefined;
  const said = `${message.method} needs a session, which this client does not have (option sessions).`;
  return Promise.reject(new SdkError(SdkErrorCode.CapabilityNotSupported, said));
}
