import type { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import { logRefusal } from "../../../http/boundary.ts";
import type { Texts } from "../../../pages/texts/en.ts";
import type { Log } from "../../../platform/logging.ts";
import type { AccountPart, AskedOfPart, PartAnswer } from "../../sign-in/account-part.ts";
import type { OpenUpstream } from "../vault.ts";

/** The name of the account part: no sign-in method can have it. */
export const UPSTREAMS = { name: "upstreams" } as const;

/** What the forms of the account part post. */
export type AccountUpstreamAction = "connect" | "finish" | "disconnect" | "store_key";

type NoticeKind = "connected" | "denied" | "disconnected" | "key_stored" | "key_removed" | "not_there";

/** What was kept for a service that the operator took out of the options. */
export const REMOVED = "removed";

/** Where nothing was kept for a service that the options don't have. Its name is not ours to show. */
export const NOTHING_THERE = "nothing_there";

/** The name of a notice. Each service has its own, which call it by its label. */
export function noticeOf(kind: NoticeKind, upstream: string): string {
  return `${kind}.${upstream}`;
}

/** What the page says first after each action, or instead of one. */
export function noticesOf(upstreams: readonly OpenUpstream[], { account }: Texts): AccountPart["notices"] {
  const texts = account.upstreams;
  return Object.fromEntries([
    [REMOVED, { text: texts.removed, changed: true }],
    [NOTHING_THERE, { text: texts.nothingThere, changed: false }],
    ...upstreams.flatMap(({ name, upstream: { label } }) => [
      [noticeOf("connected", name), { text: texts.connected(label), changed: true }],
      [noticeOf("denied", name), { text: texts.denied(label), changed: false }],
      [noticeOf("disconnected", name), { text: texts.disconnected(label), changed: true }],
      [noticeOf("key_stored", name), { text: texts.keyStored(label), changed: true }],
      [noticeOf("key_removed", name), { text: texts.keyRemoved(label), changed: true }],
      [noticeOf("not_there", name), { text: texts.notThere(label), changed: false }],
    ]),
  ]);
}

/** Which service it was, for the section, beside the message. */
export type ShownProblem = { readonly upstream: string };

/** Nothing was changed, and the section says why. */
export function refusedAt(
  upstream: string | undefined,
  error: OAuthError,
  { request, peer }: AskedOfPart,
  log: Log<UnauditedEvent>,
): PartAnswer {
  logRefusal(error, request, log, peer);
  return {
    kind: "refused",
    error,
    ...(upstream !== undefined && { shown: { upstream } satisfies ShownProblem }),
  };
}
