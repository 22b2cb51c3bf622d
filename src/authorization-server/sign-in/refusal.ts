import { htmlResponse, pageStatus } from "../../http/responses.ts";
import { accountRefusedPage } from "../../pages/account/refused.ts";
import type { Look } from "../../pages/look.ts";
import { notAdmittedPage } from "../../pages/not-admitted.ts";
import { sentenceOf } from "../../pages/page-error.ts";
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
          whatHappened: sentenceOf(error, look),
          correlationId,
          ...whatNext(visit.purpose, switchUrl, look),
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
function whatNext({ kind, accountUrl }: AccountPurpose, switchUrl: string, { texts }: Look): WhatNext {
  const { nothingChanged, nothingLinked, signInWithAnother } = texts.account.refused;
  const another = { text: signInWithAnother, url: switchUrl };
  switch (kind) {
    case "confirm":
      return { title: nothingChanged, link: another };
    case "connect":
      return { title: texts.connect.nothingConnected, link: another };
    case "link":
      return { title: nothingLinked, link: { text: texts.common.backToAccount, url: accountUrl } };
  }
}
