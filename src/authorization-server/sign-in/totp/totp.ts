import { parseTotp, type Required, TOTP, type TotpOptions } from "../../../config/sign-in/totp-options.ts";
import { createCodeAttempts } from "../guessing/code-attempts.ts";
import type { FactorParts, OpenFactor, SecondFactor, Whom } from "../second-factor.ts";
import { accountTotp } from "./account-totp.ts";
import { createCodes } from "./codes.ts";
import { FACTOR_PATH, factorRoute } from "./factor-page.ts";
import { createSetups } from "./setups.ts";

/**
 * A second factor: codes of an authenticator app, after a password or a mail link. People who sign in with a passkey or at a provider
 * need none. Those who must have it and have not set it up do so while they sign in.
 * @param options `required` says for whom: "all" (the default), `{ groups }`, or "choice", for those who set it up themselves
 * @throws ConfigurationError that names what is wrong
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { totp, users } from "mcp-gatehouse/sign-in";
 *
 * const server = createOAuthServer("my-app", { signIn: [users(), totp({ required: { groups: ["staff"] } })] });
 * ```
 */
export function totp(options: TotpOptions = {}): SecondFactor {
  return totpFactor(parseTotp(options));
}

export function totpFactor(required: Required): SecondFactor {
  return {
    kind: "second_factor",
    name: TOTP,
    label: "an authenticator app",
    groups: typeof required === "object" ? required.groups : undefined,
    forWhom: forWhom(required),
    open: (parts) => openTotp(required, parts),
  };
}

function forWhom(required: Required): string | undefined {
  if (required === "all") return undefined;
  if (required === "choice") return "if they have set one up";
  return `if they are in the group ${required.groups.join(" or ")}, or have set one up`;
}

function openTotp(required: Required, parts: FactorParts): OpenFactor {
  const isRequired = ({ groups }: Pick<Whom, "groups">): boolean =>
    typeof required === "object" ? groups.some((one) => required.groups.includes(one)) : required === "all";
  const codes = createCodes({ ...parts, name: TOTP, attempts: createCodeAttempts(parts) });
  const common = { ...parts, codes, setups: createSetups(parts), isRequired, name: TOTP };
  return {
    path: FACTOR_PATH,
    async isNeeded({ personId, groups }) {
      if (isRequired({ groups })) return true;
      // Who has chosen it is asked for it, too.
      return personId !== undefined && (await parts.store.findCredential(personId, "totp")) !== undefined;
    },
    routes: (pending) => [factorRoute(common, pending)],
    account: accountTotp(common),
  };
}
