import type { OAuthError } from "../../core/errors.ts";
import { seeOther } from "../../http/responses.ts";
import { urlOf } from "../../http/route.ts";
import { PageError } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import { randomId } from "../../platform/random.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";
import type { PassFactor, Refuse } from "./decided.ts";
import { loginUrl } from "./login-path.ts";
import type { Proof, Proved, Visit, Visits } from "./method.ts";
import type { OpenFactor, PendingProofs } from "./second-factor.ts";

/** Where the factor's page is for a proof, which travels sealed in the address. */
export type PendingUrls = {
  urlFor(factor: Pick<OpenFactor, "path">, proved: Proved): Promise<string>;
};

export type PendingParts = {
  readonly keyring: Pick<Keyring, "seal" | "open">;
  readonly clock: Clock;
  readonly issuer: string;
};

/** All that is known of a sign-in of which one thing is proved. */
type Pending = {
  readonly id: string;
  readonly method: Proved["method"];
  /** The visit, as it was sealed: it binds this to its browser. */
  readonly visit: string;
  /** Without the claims where they are the profile: the address stays short. */
  readonly proof: Omit<Proof, "claims" | "keeps"> & Partial<Pick<Proof, "claims">>;
  readonly askedAt: number;
  /** Epoch milliseconds. */
  readonly endsAt: number;
};

type Sealed = { readonly iss: string; readonly pending: Pending };

const PENDING_SECONDS = 10 * 60;
const LABEL = "pending-proof";

export function createPendingUrls({ keyring, clock, issuer }: PendingParts): PendingUrls {
  return {
    async urlFor({ path }, { method, visit, proof, askedAt }) {
      // No token of a provider is carried in an address.
      const { claims, keeps: _keeps, ...rest } = proof;
      const sealed: Sealed = {
        iss: issuer,
        pending: {
          id: randomId(),
          method: { name: method.name, label: method.label, people: method.people },
          visit: visit.sealed,
          proof: claims === proof.profile ? rest : { ...rest, claims },
          askedAt,
          endsAt: clock() + PENDING_SECONDS * 1000,
        },
      };
      const state = await keyring.seal(LABEL, JSON.stringify(sealed));
      // With a fragment of its own: a redirect without one keeps that of the link (RFC 9110 §10.2.2).
      return `${urlOf(issuer, path)}?state=${encodeURIComponent(state)}#top`;
    },
  };
}

/** Opens what {@link createPendingUrls} sealed, where the browser and the visit are still those that began it. */
export function createPendingProofs({
  keyring,
  clock,
  issuer,
  visits,
  signIns,
  refuse,
}: PendingParts & {
  readonly visits: Visits;
  readonly signIns: { readonly pass: PassFactor };
  readonly refuse: Refuse;
}): PendingProofs {
  return {
    async open(request, sealed = "") {
      const pending = await openSealed(sealed, { keyring, issuer });
      // Before its age: what began in another browser must not be told apart from what is old.
      const visit = await visits.open(request, pending.visit);
      if (clock() >= pending.endsAt) throw expired(visit);
      const proved = provedBy(pending, visit);
      const { identity, label, profile, groups } = proved.proof;
      return {
        sealed,
        id: pending.id,
        visit: proved.visit,
        proof: { identity, label, profile, groups },
        signInUrl: loginUrl(visit.sealed, issuer),
        async pass(
          passed,
          from,
          peer,
          answer = ({ location, setCookies }) => seeOther(location, setCookies),
        ) {
          const outcome = await signIns.pass({ ...proved, factor: passed }, from, peer);
          if (outcome === "used") return undefined;
          return "refused" in outcome ? refuse(proved, outcome.refused, peer) : answer(outcome.next);
        },
      };
    },
  };
}

async function openSealed(
  sealed: string,
  { keyring, issuer }: Pick<PendingParts, "keyring" | "issuer">,
): Promise<Pending> {
  const text = await keyring.open(LABEL, sealed);
  const opened = text === undefined ? undefined : (JSON.parse(text) as Sealed);
  // Another server of the same secret has sealed it: as little ours as any other text.
  if (opened?.iss === issuer) return opened.pending;
  throw new PageError("invalid_request", ({ error }) => error.incompleteLink, {
    detail: sealed === "" ? "no state" : "the state does not open",
  });
}

function provedBy({ id, method, proof, askedAt, endsAt }: Pending, visit: Visit): Proved {
  return {
    method,
    visit,
    proof: { ...proof, claims: proof.claims ?? proof.profile },
    askedAt,
    pending: { id, endsAt },
  };
}

function expired({ client }: Visit): OAuthError {
  return new PageError("invalid_request", ({ error }) => error.signInExpired, {
    detail: "the pending proof is over time",
    advises: client ? undefined : ({ error }) => error.whatToDo.openAccountAgain,
  });
}
