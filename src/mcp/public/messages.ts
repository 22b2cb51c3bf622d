import { type Message, readMessages } from "../messages/json-rpc.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import { named } from "../tools/step-up.ts";

/**
 * Whether anyone may send this body, without a token: each message of it is of the handshake, asks for a list, or names what
 * is public. What is not known is not for anyone.
 */
export function isForAnyone(body: unknown, registrations: RegistrationView): boolean {
  return readMessages(body).every(
    (message) => FOR_ANYONE.has(message.method) || namesPublic(message, registrations) === true,
  );
}

/** Whether no message of it names what is not public. */
export function namesOnlyPublic(body: unknown, registrations: RegistrationView): boolean {
  return readMessages(body).every((message) => namesPublic(message, registrations) !== false);
}

/** Undefined where a message names nothing by its method. */
function namesPublic(message: Message, registrations: RegistrationView): boolean | undefined {
  return named(message, registrations)?.every((registration) => registration?.isPublic === true);
}

/** The methods that name nothing. Without a token there is no session, so none of them reaches another's conversation. */
const FOR_ANYONE: ReadonlySet<unknown> = new Set([
  "initialize",
  "logging/setLevel",
  "notifications/cancelled",
  "notifications/initialized",
  "notifications/progress",
  "notifications/roots/list_changed",
  "ping",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "server/discover",
  "tools/list",
]);
