import { htmlResponse, PAGE_STYLES, pageStatus } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import { notAdmittedPage } from "../../pages/not-admitted.ts";
import { LOGIN_PATH } from "./login-path.ts";
import { signInPageOf } from "./sign-in-page.ts";
import type { Refuse } from "./sign-ins.ts";

/** @param parts.contact whom a person asks who may not come in; undefined for the operator */
export function createRefusal(parts: {
  readonly appName: string;
  readonly issuer: string;
  readonly contact: string | undefined;
}): Refuse {
  const { appName, issuer, contact } = parts;
  return ({ method, visit, proof }, { person, isOld, error }, { correlationId }) => {
    if (isOld) return signInPageOf(issuer).again(method, visit, "sign_in_is_old");
    const page = notAdmittedPage({
      appName,
      personName: person.name,
      label: proof.label,
      methodLabel: method.label,
      switchUrl: `${urlOf(issuer, LOGIN_PATH)}?${new URLSearchParams({ state: visit.sealed, choose: "" })}#top`,
      contact,
      correlationId,
    });
    return htmlResponse(page, PAGE_STYLES, pageStatus(error));
  };
}
