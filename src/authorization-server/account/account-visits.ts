import type { Says } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomId } from "../../platform/random.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { Bound, BrowserBinding } from "../people/browser-binding.ts";
import { requireBound } from "../people/require-bound.ts";
import type { Visit } from "../sign-in/method.ts";

/**
 * A sign-in for the account page, without a client. Like an authorization request it is not stored: it travels sealed, and is bound
 * to the browser that began. Nothing in it says where to go: it always ends at the account page.
 */
export type AccountVisit = Bound & { readonly purpose: VisitPurpose };

export type VisitPurpose =
  | { readonly kind: "sign_in" }
  | (Of & {
      readonly kind: "confirm";
      /** Epoch milliseconds: a sign-in from before this does not count. */
      readonly signInAfter: number;
    })
  | (Of & {
      readonly kind: "link";
      /** The name of the method. */
      readonly method: string;
    })
  | {
      readonly kind: "connect";
      /** Whose link it is: no one else's sign-in counts. */
      readonly personId: string;
      /** The name of the upstream. */
      readonly upstream: string;
      /** What people call it. */
      readonly label: string;
      /** Epoch milliseconds: a sign-in from before this does not count. */
      readonly signInAfter: number;
    };

/** Who is signed in. */
type Of = {
  readonly personId: string;
  readonly personName: string;
  /** The session that began it. */
  readonly session: string;
};

export type AccountVisits = {
  /** Begins one in this browser. */
  begin(
    request: Request,
    purpose: VisitPurpose,
  ): Promise<{ readonly sealed: string; readonly setCookies: readonly string[] }>;
  /**
   * @returns undefined where the text is not sealed for an account page
   * @throws OAuthError for a page: it is over time, or began in another browser
   */
  open(request: Request, sealed: string): Promise<AccountVisit | undefined>;
  /** It has led to a sign-in. The `Set-Cookie` lines that end it where it had a cookie of its own. */
  end(visit: AccountVisit): readonly string[];
};

export type AccountVisitsParts = {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly binding: Pick<BrowserBinding, "begin" | "browserOf" | "end">;
  readonly issuer: string;
};

const ACCOUNT_VISIT_SECONDS = 30 * 60;
const LABEL = "account-visit";

/** What to do about an account page that went wrong. */
export const OPEN_AGAIN: Says = ({ error }) => error.whatToDo.openAccountAgain;

/** What the sign-in page and the methods see of it. @param accountUrl leads back, with nothing changed */
export function visitOf(purpose: VisitPurpose, sealed: string, accountUrl: string): Visit {
  const common = { sealed, client: undefined, loginHint: undefined };
  switch (purpose.kind) {
    case "sign_in":
      return { ...common, signInAfter: undefined };
    case "confirm": {
      const { kind, personName, signInAfter } = purpose;
      return { ...common, signInAfter, purpose: { kind, personName, accountUrl } };
    }
    case "link": {
      const { kind, personName, method } = purpose;
      return { ...common, signInAfter: undefined, purpose: { kind, personName, accountUrl, method } };
    }
    case "connect": {
      const { kind, label, signInAfter } = purpose;
      return { ...common, signInAfter, purpose: { kind, label, accountUrl } };
    }
  }
}

export function createAccountVisits({ keyring, clock, binding, issuer }: AccountVisitsParts): AccountVisits {
  return {
    async begin(request, purpose) {
      const begun = { id: randomId(), endsAt: clock() + ACCOUNT_VISIT_SECONDS * 1000 };
      const { browser, setCookies } = binding.begin(request, begun);
      const visit: AccountVisit = { ...begun, browser, purpose };
      return { sealed: await keyring.seal(LABEL, JSON.stringify({ iss: issuer, visit })), setCookies };
    },
    async open(request, sealed) {
      const text = await keyring.open(LABEL, sealed);
      const opened =
        text === undefined ? undefined : (JSON.parse(text) as { iss: string; visit: AccountVisit });
      // Another server of the same secret has sealed it: as little ours as any other text.
      if (opened?.iss !== issuer) return undefined;
      requireBound(opened.visit, request, { binding, clock }, OPEN_AGAIN);
      return opened.visit;
    },
    end: (visit) => binding.end(visit),
  };
}
