import type { AuthInfo } from "@modelcontextprotocol/server";
import type { Auth } from "../../core/auth.ts";
import type { Accepted } from "../messages/accepted.ts";
import type { Registration } from "../tools/registration.ts";

/**
 * One request that was let in: by its token, or without one. Only the public endpoint makes an `Exchange<null>`, so whatever
 * needs a person takes an `Exchange` and cannot be handed one.
 */
export type Exchange<Who extends Auth | null = Auth> = {
  readonly request: Request;
  readonly auth: Who;
  /** The same, as handlers of the SDK take it. */
  readonly authInfo: Who extends Auth ? AuthInfo : undefined;
  readonly accepted: Accepted;
  /** The message of a POST, or its batch. Undefined for GET and DELETE, and for a POST that does not say it is JSON. */
  readonly body: unknown;
  /** The registrations that the message can reach; undefined where these may be any. */
  readonly reached: readonly Registration[] | undefined;
};

/** For what does not depend on who asks. */
export type AnyExchange = Exchange | Exchange<null>;
