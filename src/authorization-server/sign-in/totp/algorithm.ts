/** One-time codes of RFC 6238 as every authenticator app makes them: SHA-1, six digits, thirty seconds. */

/** Some apps know nothing else, and pass over what the QR code says of it. */
const SHAPE = { algorithm: "SHA1", digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;
/** How many steps a clock may be off, before and after (RFC 6238 §5.2). */
const DRIFT_STEPS = 1;

/** Loaded once someone has one, or sets one up. */
const library = () => import("otpauth");

/** A new secret, in base32. */
export async function newSecret(): Promise<string> {
  const { Secret } = await library();
  return new Secret({ size: SECRET_BYTES }).base32;
}

/**
 * What an authenticator app reads from the QR code.
 * @param label whose it is, as the app lists it; `issuer` for which server
 */
export async function uriOf(
  secret: string,
  { issuer, label }: { readonly issuer: string; readonly label: string },
): Promise<string> {
  const { TOTP } = await library();
  return new TOTP({ ...SHAPE, secret, issuer, label }).toString();
}

/**
 * The time step of a code: each counts once.
 * @param code as {@link readCode} hands it back
 * @param now epoch milliseconds
 * @returns undefined where it is none of now, nor of the step before or after
 */
export async function stepOf(code: string, secret: string, now: number): Promise<number | undefined> {
  const { TOTP } = await library();
  const totp = new TOTP({ ...SHAPE, secret });
  const delta = totp.validate({ token: code, timestamp: now, window: DRIFT_STEPS });
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta;
}

/** Six digits, as apps show them with a space between; undefined for anything else. */
export function readCode(typed: string | undefined): string | undefined {
  const digits = (typed ?? "").replaceAll(/\s/g, "");
  return /^[0-9]{6}$/.test(digits) ? digits : undefined;
}
