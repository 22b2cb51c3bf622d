import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { Clock } from "../../../platform/clock.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import type { Proof } from "../method.ts";
import type { SignInProblem } from "../sign-in-problems.ts";

/** What came of a response, on its way from the identity provider's form to where the browser's cookies are. */
export type Answer = {
  /** The `state` of the sign-in that it is for. */
  readonly relayState: string;
  /** Epoch milliseconds: when the response came. */
  readonly askedAt: number;
} & (
  | {
      readonly kind: "proved";
      readonly assertionId: string;
      readonly inResponseTo: string;
      readonly proof: Proof;
    }
  /** The log has it by this reference already. */
  | { readonly kind: "broken_off"; readonly problem: SignInProblem; readonly reference: string }
);

/** Answers as text for a URL. What they hold is sealed: the URL shows nothing of the person, and no one else can make one. */
export type Answers = {
  /** Undefined where it would be longer than the URLs that proxies let through. */
  seal(answer: Answer): Promise<string | undefined>;
  /** Undefined where it is not one of this method's, or over time. */
  open(sealed: string): Promise<Answer | undefined>;
};

const SECONDS = 2 * 60;
/** Proxies take a request line of 8192 bytes. */
const LONGEST = 7000;

export function createAnswers(
  method: string,
  { keyring, clock, issuer }: { readonly keyring: Keyring; readonly clock: Clock; readonly issuer: string },
): Answers {
  return {
    async seal(answer) {
      const sealed: Sealed = { iss: issuer, method, endsAt: clock() + SECONDS * 1000, answer };
      const packed = await promisify(deflateRaw)(JSON.stringify(sealed));
      const text = await keyring.seal("saml-answer", packed.toString("base64url"));
      return text.length > LONGEST ? undefined : text;
    },
    async open(sealed) {
      if (sealed.length > LONGEST) return undefined;
      const packed = await keyring.open("saml-answer", sealed);
      if (packed === undefined) return undefined;
      // Sealed by us and only by us, so what opens was packed by us, too.
      const text = await promisify(inflateRaw)(Buffer.from(packed, "base64url"));
      const { iss, method: of, endsAt, answer } = JSON.parse(text.toString()) as Sealed;
      return iss === issuer && of === method && clock() < endsAt ? answer : undefined;
    },
  };
}

type Sealed = {
  readonly iss: string;
  readonly method: string;
  readonly endsAt: number;
  readonly answer: Answer;
};
