import type { UnauditedEvent } from "../../../core/events.ts";
import type { Look } from "../../../pages/look.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Store } from "../../../store/store.ts";
import type { NamedMethod, SignInMethod, SignInPage, SignIns, Visits } from "../method.ts";
import type { DeliveryParts } from "./deliver.ts";
import type { MailLimits } from "./mail-limits.ts";
import type { MailedLinks } from "./mailed-links.ts";
import type { Mailer } from "./mailer.ts";

/** What the pages of a sign-in by mail are made of. */
export type MailSignInParts = DeliveryParts & {
  readonly method: Pick<SignInMethod, "name" | "label" | "people">;
  readonly mailer: Mailer;
  readonly links: MailedLinks;
  readonly limits: MailLimits;
  readonly visits: Visits;
  readonly signIns: SignIns;
  readonly signInPage: SignInPage;
  /** Every method of the server: a person may have other ways in. */
  readonly methods: () => readonly NamedMethod[];
  readonly store: Pick<Store, "findByIdentity" | "listIdentities">;
  readonly log: Log<UnauditedEvent>;
  readonly clock: Clock;
  readonly issuer: string;
  readonly look: Look;
};

/** Where the form of the sign-in page posts the address to. */
export const ASK_PATH = "/oauth/sign-in/magic_link";
/** Where the code is typed, in the browser that asked. */
export const CODE_PATH = "/oauth/sign-in/magic_link/code";
/** What the link in the mail opens. */
export const LINK_PATH = "/oauth/sign-in/magic_link/link";
