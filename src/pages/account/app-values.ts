import type { ClientIdentity } from "../../core/client.ts";
import type { GrantOver, GrantRefusal } from "../../core/grant.ts";
import type { RedirectKind } from "../../core/redirect-uri.ts";
import type { Texts } from "../texts/en.ts";

/** An app that a person connected: a grant. Times are epoch milliseconds. */
export type AccountApp = {
  /** The id of the grant. */
  readonly id: string;
  /** Under the name that the person approved. */
  readonly client: ClientIdentity;
  /** False where the operator took it out since. */
  readonly isKnown: boolean;
  /**
   * Where the person was sent back to, or the app on another computer has its address; undefined for an address that no client
   * may have any more.
   */
  readonly place: { readonly kind: RedirectKind; readonly shown: string } | undefined;
  /** The name of what the person chose for it. */
  readonly organization: string | undefined;
  readonly scopes: readonly AppScope[];
  readonly approvedAt: number;
  /** Whether it took what was approved. */
  readonly isConnected: boolean;
  readonly refreshedAt: number | null;
  readonly usedAt: number | null;
  readonly refused: AppRefused | undefined;
};

export type AppScope = {
  /** What it lets the app do, in plain words. */
  readonly description: string;
  readonly tools: readonly string[];
};

export type AppRefused = { readonly at: number; readonly why: GrantRefusal };

/** The apps that a person connected, or a page of them. */
export type AppsValues = {
  /** Newest first. */
  readonly apps: readonly AccountApp[];
  /** What the operator calls what a person chooses for an app: `Workspace`. */
  readonly organizationsCalled: string;
};

/** On the account page. */
export type AppsSectionValues = AppsValues & {
  /** Of the page with all of them; undefined where this is all. */
  readonly allUrl: string | undefined;
  readonly timelineUrl: string;
};

/** How a connection ended, as far as it is on record. */
export type AppEnd = GrantOver | "unknown";

/** What became of what was approved. */
export type AppLife = {
  /** Undefined while it lives. */
  readonly end: AppEnd | undefined;
  readonly refused: AppRefused | undefined;
};

/** What happened once with a person's apps. */
export type TimelineEntry = {
  readonly at: number;
  /** Of the person's browser; undefined where something else did it. */
  readonly address: string | undefined;
  readonly happened: Happened;
};

export type Happened =
  | (Approved & { readonly kind: "approved" | "stepped_up" | "remembered" })
  | { readonly kind: "denied"; readonly client: ClientIdentity }
  | {
      readonly kind: "ended";
      /** Undefined where all of the person's were. */
      readonly client: ClientIdentity | undefined;
      /** Undefined for a reason that this version does not know. */
      readonly reason: GrantOver["reason"] | undefined;
    }
  | {
      readonly kind: "other";
      /** What the texts have words for. */
      readonly said: keyof Texts["account"]["timeline"]["others"];
      /** The name of what it is about, where there is one. */
      readonly about?: string | undefined;
    };

type Approved = AppLife & {
  readonly client: ClientIdentity;
  /** The host, or the scheme of an app. */
  readonly place: string | undefined;
  readonly organization: string | undefined;
  readonly scopes: readonly string[];
  /** Whether the callback was shown for an app on another computer. */
  readonly wasPasted: boolean;
};
