import { htmlResponse, PAGE_STYLES, pageStatus } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import { accountRefusedPage } from "../../pages/account-refused.ts";
import { errorPage } from "../../pages/error.ts";
import { ACCOUNT_PATH } from "./account-path.ts";
import { LOGIN_PATH } from "./login-path.ts";
import type { AccountPurpose, Visit } from "./method.ts";
import type { SignInsParts } from "./sign-ins.ts";

/** Answers a person who may not come in. */
export function refusalPage({
  appName,
  issuer,
}: {
  readonly appName: string;
  readonly issuer: string;
}): SignInsParts["refusalPage"] {
  return ({ visit }, { error }, { correlationId }) => {
    const status = pageStatus(error);
    const common = { appName, whatHappened: error.message, correlationId };
    const page = visit.purpose
      ? accountRefusedPage({ ...common, ...TITLES[visit.purpose.kind](visit, issuer) })
      : errorPage({
          ...common,
          title: "You can’t sign in",
          whatToDo: "Go back and sign in with another account.",
          status,
        });
    return htmlResponse(page, PAGE_STYLES, status);
  };
}

type Leads = Pick<Parameters<typeof accountRefusedPage>[0], "title" | "link">;

/** What a person who is signed in at the account page can do next: begin again with the right account, or go back. */
const TITLES: Readonly<Record<AccountPurpose["kind"], (visit: Visit, issuer: string) => Leads>> = {
  confirm: ({ sealed }, issuer) => ({
    title: "Nothing was changed",
    link: {
      text: "Sign in with another account",
      url: `${urlOf(issuer, LOGIN_PATH)}?state=${encodeURIComponent(sealed)}&choose=1#top`,
    },
  }),
  link: (_visit, issuer) => ({
    title: "Nothing was linked",
    link: { text: "Back to your account", url: urlOf(issuer, ACCOUNT_PATH) },
  }),
};
