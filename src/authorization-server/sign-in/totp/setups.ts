import { shownName } from "../../../pages/html.ts";
import type { Look } from "../../../pages/look.ts";
import type { QrCode } from "../../../pages/qr-code.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import { newSecret, uriOf } from "./algorithm.ts";
import { qrCodeOf } from "./qr-code.ts";

/** A new secret, while a person adds it to their app. Nothing is stored: it travels sealed in the form. */
export type Setup = {
  /** What the form carries. */
  readonly sealed: string;
  /** For apps that read no QR code, in groups of four. */
  readonly key: string;
  readonly qr: QrCode;
};

export type Setups = {
  /**
   * @param of what it is good for: one sign-in, or one session of the account page
   * @param label whose it is, as the app lists it
   */
  begin(of: string, label: string): Promise<Setup>;
  /** The same setup again, after a wrong code for it. @param secret as {@link Setups.open} hands it back */
  again(of: string, label: string, secret: string): Promise<Setup>;
  /** The secret; undefined where the text is no setup, is over time, or is for something else. */
  open(of: string, sealed: string | undefined): Promise<string | undefined>;
};

type Sealed = {
  readonly iss: string;
  readonly of: string;
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
};

const SETUP_SECONDS = 10 * 60;
const LABEL = "totp-setup";

export function createSetups({
  keyring,
  clock,
  issuer,
  look,
}: {
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  readonly issuer: string;
  readonly look: Look;
}): Setups {
  const again: Setups["again"] = async (of, label, secret) => {
    const sealed: Sealed = { iss: issuer, of, secret, endsAt: clock() + SETUP_SECONDS * 1000 };
    return {
      sealed: await keyring.seal(LABEL, JSON.stringify(sealed)),
      key: secret.match(/.{1,4}/g)?.join(" ") ?? secret,
      qr: await qrCodeOf(await uriOf(secret, { issuer: shownName(look.name), label: shownName(label) })),
    };
  };
  return {
    begin: async (of, label) => again(of, label, await newSecret()),
    again,
    async open(of, sealed = "") {
      const text = await keyring.open(LABEL, sealed);
      if (text === undefined) return undefined;
      const opened = JSON.parse(text) as Sealed;
      const isOurs = opened.iss === issuer && opened.of === of && clock() < opened.endsAt;
      return isOurs ? opened.secret : undefined;
    },
  };
}
