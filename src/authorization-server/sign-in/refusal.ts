import { htmlResponse, PAGE_STYLES, pageStatus } from "../../http/responses.ts";
import { errorPage } from "../../pages/error.ts";
import type { SignInsParts } from "./sign-ins.ts";

/** Answers a person who may not come in. */
export function refusalPage({
  appName,
}: {
  readonly appName: string;
  readonly issuer: string;
}): SignInsParts["refusalPage"] {
  return (_proved, { error }, { correlationId }) => {
    const status = pageStatus(error);
    const page = errorPage({
      appName,
      title: "You can’t sign in",
      whatHappened: error.message,
      whatToDo: "Go back and sign in with another account.",
      correlationId,
      status,
    });
    return htmlResponse(page, PAGE_STYLES, status);
  };
}
