import { htmlResponse, pageStatus } from "../../http/responses.ts";
import { accountRefusedPage } from "../../pages/account/refused.ts";
import type { Look } from "../../pages/look.ts";
import { notAdmittedPage } from "../../pages/not-admitted.ts";
import type { AccountPurpose } from "./account-purpose.ts";
import { forAnotherAccount } from "./another-account.ts";
import type { Refuse } from "./decided.ts";
import { loginUrl } from "./login-path.ts";
import { signInPageOf } from "./sign-in-page.ts";

/** @param parts.contact whom a person asks who may not come in; undefined for the operator */
export function createRefusal(parts: {
  readonly look: Look;
  readonly issuer: string;
  readonly contact: string | undefined;
}): Refuse {
  const { look, issuer, contact } = parts;
  return ({ method, visit, proof }, { person, isOld, error }, { correlationId }) => {
    if (isOld) return signInPageOf(issuer).again(method, visit, "sign_in_is_old");
    const switchUrl = forAnotherAccount(loginUrl(visit.sealed, issuer));
    const page = visit.purpose
      ? accountRefusedPage({
          look,
          whatHappened: error.message,
          correlationId,
          ...WHAT_NEXT[visit.purpose.kind](switchUrl, visit.purpose),
        })
      : notAdmittedPage({
          look,
          personName: person.name,
          label: proof.label,
          methodLabel: method.label,
          switchUrl,
          contact,
          correlationId,
        });
    return htmlResponse(page, look.styles, pageStatus(error));
  };
}

type WhatNext = Pick<Parameters<typeof accountRefusedPage>[0], "title" | "link">;

/** What a person can do who is signed in at the account page: sign in with the right account, or go back. */
const WHAT_NEXT: Readonly<
  Record<AccountPurpose["kind"], (switchUrl: string, purpose: AccountPurpose) => WhatNext>
> = {
  confirm: (url) => ({
    title: "Nothing was changed",
    link: { text: "Sign in with another account", url },
  }),
  connect: (url) => ({
    title: "Nothing was connected",
    link: { text: "Sign in with another account", url },
  }),
  link: (_switchUrl, { accountUrl }) => ({
    title: "Nothing was linked",
    link: { text: "Back to your account", url: accountUrl },
  }),
};
