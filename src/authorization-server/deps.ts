import type { CheckUser, Settings } from "../config/settings.ts";
import type { UnauditedEvent } from "../core/events.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import type { GrantUses } from "../store/grant-uses.ts";
import type { Store } from "../store/store.ts";
import type { Clients } from "./clients/clients.ts";
import type { BrowserBinding } from "./people/browser-binding.ts";
import type { Recorder } from "./recorder.ts";
import type { Attempts } from "./sign-in/guessing/attempts.ts";
import type { SigningKeys } from "./tokens/signing-keys.ts";

/** What the endpoints work with. Made once at the entry point; nothing in it changes. */
export type Deps = {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly keyring: Keyring;
  /** For what the log alone has. The audited events go through the recorder, so that none of them is a line only. */
  readonly log: Log<UnauditedEvent>;
  readonly recorder: Recorder;
  readonly keys: SigningKeys;
  readonly clients: Clients;
  /** Which access tokens were used, here and at the guard. */
  readonly uses: GrantUses;
  readonly checkUser: CheckUser;
  /** How long it may take. */
  readonly checkUserMs: number;
  readonly attempts: Attempts;
  readonly binding: BrowserBinding;
  /** The tools that a scope opens, for the consent page. Read when the page is made: tools are registered late. */
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
  /** Tells the guard of this process that a grant is no more. Other processes learn it from the store. */
  readonly onGrantRevoked: (grantId: string) => void;
};

/** What sealing and opening a request and minting a code need, out of {@link Deps}. */
export function sealerOf({ keyring, clock, binding, settings }: Deps): {
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly binding: BrowserBinding;
  readonly issuer: string;
} {
  return { keyring, clock, binding, issuer: settings.issuer };
}
