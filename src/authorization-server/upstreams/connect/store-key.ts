import type { CheckKey } from "../../../config/upstreams/settings.ts";
import { OAuthError } from "../../../core/errors.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { Texts } from "../../../pages/texts/en.ts";
import { askOperator, unanswered } from "../../people/ask-operator.ts";
import type { AskedOfPart, PartAnswer } from "../../sign-in/account-part.ts";
import type { UpstreamVault } from "../vault.ts";
import { noticeOf, refusedAt } from "./account-answers.ts";
import type { FinishParts } from "./finish.ts";

export type StoreKeyParts = Pick<FinishParts, "log"> & {
  readonly vault: Pick<UpstreamVault, "find" | "keepKey">;
};

type SaysOfKey = (texts: Texts["account"]["upstreams"]) => string;

const LONGEST_KEY = 8192;
/** What can stand in a header. A key with anything else was not copied from where keys are made. */
const KEY = /^[\x20-\x7e]+$/;

/** Keeps the key that a person typed. It is in no answer, no error and no line of the log. */
export async function storeKey(asked: AskedOfPart, parts: StoreKeyParts): Promise<PartAnswer> {
  const { current, form, peer } = asked;
  const { vault, log } = parts;
  const open = vault.find(form.get("upstream") ?? "");
  const refused = (error: OAuthError) => refusedAt(open?.name, error, asked, log);
  const invalid = (says: SaysOfKey) =>
    refused(new PageError("invalid_request", ({ account }) => says(account.upstreams)));
  if (open?.upstream.kind !== "key") return invalid(({ notConnectable }) => notConnectable);
  const { name, upstream } = open;
  const { label, check } = upstream;
  const key = form.get("key")?.trim() ?? "";
  if (key === "") return invalid(({ keyEmpty }) => keyEmpty(label));
  if (key.length > LONGEST_KEY) return invalid(({ keyTooLong }) => keyTooLong(label, LONGEST_KEY));
  if (!KEY.test(key)) return invalid(({ keyCharacters }) => keyCharacters(label));
  try {
    if (check && !(await isAccepted(key, check))) return invalid(({ keyRefused }) => keyRefused(label));
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const why = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    const detail = `${error.detail ?? error.message}${why}`;
    return refused(
      new PageError("temporarily_unavailable", ({ account }) => account.upstreams.keyUnchecked(label), {
        detail,
      }),
    );
  }
  const isKept = await vault.keepKey(
    { personId: current.person.id, name, session: current.signIn },
    key,
    peer,
  );
  if (isKept) return { kind: "done", notice: noticeOf("key_stored", name) };
  return refused(new PageError("access_denied", ({ account }) => account.upstreams.noLongerSignedIn));
}

/** @throws OAuthError where the operator's function gives no answer, which is neither yes nor no */
async function isAccepted(key: string, check: CheckKey): Promise<boolean> {
  const answer = await askOperator("check of an upstream", async () => {
    try {
      return await check(key);
    } catch (error) {
      // What it says may have the key in it, as errors of HTTP clients have the request.
      throw new Error(error instanceof Error ? `it threw ${error.constructor.name}` : "it threw");
    }
  });
  if (typeof answer === "boolean") return answer;
  throw unanswered(`check of an upstream must return true or false, and returned ${typeof answer}`);
}
