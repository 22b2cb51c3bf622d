import type { Html } from "../html.ts";
import type { Look } from "../look.ts";
import type { AppsSectionValues } from "./app-values.ts";
import type { Notice } from "./notices.ts";

/** What the buttons of the page do, as its forms name it. */
export type AccountActionName =
  | "sign_out"
  | "sign_in_again"
  | "end_session"
  | "sign_out_elsewhere"
  | "sign_out_everywhere"
  | "end_app"
  | "end_all_apps"
  | "link"
  | "confirm_link"
  | "unlink";

/** An action or a notice of what a way to sign in adds: `users.change_password`. Those of the page itself have no dot. */
export type PartName = `${string}.${string}`;

export type AccountValues = {
  readonly look: Look;
  /** Where every form posts to. */
  readonly action: string;
  /** What every form carries. */
  readonly pageToken: string;
  readonly notice: Notice | undefined;
  /** What the person is asked first: whether to link this. Undefined where there is nothing to ask. */
  readonly question: AccountQuestion | undefined;
  readonly person: {
    readonly id: string;
    /** Undefined where none is known but the id. */
    readonly name: string | undefined;
    readonly emails: readonly string[];
    readonly groups: readonly string[];
  };
  /** Whether the sign-in is new enough for a change. */
  readonly canChange: boolean;
  readonly apps: AppsSectionValues;
  /** This browser's first. */
  readonly sessions: readonly AccountSession[];
  /** How many more there are than are listed. */
  readonly moreSessions: number;
  readonly identities: readonly AccountIdentity[];
  /** The ways to sign in that can be linked. */
  readonly links: readonly { readonly name: string; readonly label: string }[];
  /** The section of connected services, where the server has some. */
  readonly services: readonly Html[];
  /** What the ways to sign in add, as sections. */
  readonly sections: readonly Html[];
  /** Whether one of them says why nothing was changed. */
  readonly hasProblem: boolean;
  /** Newest first. */
  readonly signIns: readonly AccountSignIn[];
};

export type AccountQuestion = {
  /** Its own, which carries what is to be linked. */
  readonly pageToken: string;
  /** The label of the method. */
  readonly method: string;
  /** How people recognise what is to be linked: an address or a login. */
  readonly label: string;
  /** The page, with nothing linked. */
  readonly noUrl: string;
};

/** Times are epoch milliseconds. */
export type AccountSession = {
  readonly id: string;
  readonly isThis: boolean;
  /** The label of its method. */
  readonly method: string;
  /** In words: "Chrome on Windows". */
  readonly browser: string;
  readonly address: string | undefined;
  readonly createdAt: number;
  readonly usedAt: number;
};

export type AccountIdentity = {
  readonly id: string;
  /** An address or a login. */
  readonly label: string;
  /** The label of its method, or who issued it. */
  readonly method: string;
  readonly createdAt: number;
  readonly usedAt: number | null;
  /** Whether the person may remove it. A password is the operator's to give and to take away; until there is
   * one, a username is not set up. */
  readonly removal: "possible" | "last_way_in" | "by_operator" | "not_set_up";
};

export type AccountSignIn = {
  readonly outcome: "ok" | "refused";
  readonly at: number;
  /** The label of its method. */
  readonly method: string | undefined;
  readonly address: string | undefined;
};
