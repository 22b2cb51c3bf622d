import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Grant } from "../../../src/core/grant.ts";
import type { Approval, RefreshRotation } from "../../../src/store/grant-records.ts";
import type { Store } from "../../../src/store/store.ts";
import { APPROVED, DAY, REDEEMED, REVOKED, SECOND, START, sampleApproval } from "./samples.ts";

/** What happens to grants, in any order. `at` says how much time goes by before. */
type Step =
  | { readonly do: "approve"; readonly id: string; readonly clientId: string }
  | { readonly do: "redeem"; readonly id: string }
  | { readonly do: "rotate"; readonly id: string; readonly clientId: string; readonly ahead: number }
  | { readonly do: "use"; readonly id: string; readonly back: number }
  | { readonly do: "revoke"; readonly id: string }
  | { readonly do: "wait"; readonly milliseconds: number }
  | { readonly do: "sweep" };

const id = fc.constantFrom("a", "b", "c");
const clientId = fc.constantFrom("client-1", "client-2");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("approve" as const), id, clientId }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("redeem" as const), id }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("rotate" as const),
      id,
      clientId,
      ahead: fc.integer({ min: -2, max: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("use" as const), id, back: fc.constantFrom(0, 0, 1, -1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke" as const), id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      milliseconds: fc.constantFrom(1, 30 * SECOND, DAY, 10 * DAY, 29 * DAY, 200 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("sweep" as const) }) },
);

const REFRESH_LIFE = 30 * DAY;

/** Any sequence comes to the same, step by step, as in a model that holds the grants in a map. */
export function grantLifeContract(store: () => Store): void {
  describe("the life of a grant", () => {
    test("is what the model says, whatever happens in whatever order", async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          // Its own grants in each run: one store serves them all.
          const model = createModel((name) => `${name}-${run}`);
          run += 1;
          for (const next of steps) await model.play(next, store());
        }),
        { numRuns: 150 },
      );
    });
  });
}

function createModel(idOf: (name: string) => string) {
  const grants = new Map<string, Grant>();
  let now = START;

  const change = (grant: Grant | undefined, changes: Partial<Grant>): Grant | undefined => {
    if (!grant) return undefined;
    const changed = { ...grant, ...changes };
    grants.set(grant.id, changed);
    return changed;
  };
  const livingOr = (grant: Grant | undefined): Grant | undefined =>
    grant && grant.revokedAt === null ? grant : undefined;

  return {
    async play(step: Step, store: Store): Promise<void> {
      switch (step.do) {
        case "approve": {
          const approval = approvalOf(idOf(step.id), step.clientId, now);
          const before = grants.get(approval.id);
          const again = before && {
            ...before,
            codeExpiresAt: approval.codeExpiresAt,
            refreshExpiresAt: approval.refreshExpiresAt,
          };
          const waits = before?.redeemedAt === null && before.revokedAt === null;
          const expected = (waits ? again : before) ?? newGrant(approval);
          grants.set(approval.id, expected);
          expect(await store.approve(approval, APPROVED)).toEqual(expected);
          break;
        }
        case "redeem": {
          const grant = livingOr(grants.get(idOf(step.id)));
          const redeemable = grant && grant.redeemedAt === null && now < grant.codeExpiresAt;
          const expected = redeemable
            ? change(grant, {
                redeemedAt: now,
                generation: 1,
                unusedGeneration: 1,
                rotatedAt: now,
                refreshExpiresAt: now + REFRESH_LIFE,
              })
            : undefined;
          expect(await store.redeemCode(idOf(step.id), now + REFRESH_LIFE, now, REDEEMED)).toEqual(expected);
          break;
        }
        case "rotate": {
          const grant = livingOr(grants.get(idOf(step.id)));
          const presented = (grants.get(idOf(step.id))?.generation ?? 0) + step.ahead;
          const rotation: RefreshRotation = {
            id: idOf(step.id),
            clientId: step.clientId,
            presented,
            refreshExpiresAt: now + REFRESH_LIFE,
            now,
          };
          const rotates =
            grant &&
            grant.clientId === step.clientId &&
            grant.generation <= presented &&
            now < grant.refreshExpiresAt &&
            now < grant.endsAt;
          const expected = rotates
            ? change(grant, {
                generation: presented + 1,
                rotatedAt: now,
                unusedGeneration: presented + 1,
                refreshExpiresAt: now + REFRESH_LIFE,
                redeemedAt: grant.redeemedAt ?? now,
              })
            : undefined;
          // Three at once: a race has one outcome.
          const answers = await Promise.all([1, 2, 3].map(() => store.rotateRefresh(rotation)));
          expect(answers.filter((answer) => answer !== undefined)).toEqual(expected ? [expected] : []);
          break;
        }
        case "use": {
          const grant = grants.get(idOf(step.id));
          const generation = Math.max(0, (grant?.generation ?? 0) - step.back);
          const isNews = grant && (grant.unusedGeneration ?? 0) === generation;
          if (isNews) change(grant, { unusedGeneration: null, usedAt: now });
          await store.recordUses([{ grantId: idOf(step.id), generation }], now);
          break;
        }
        case "revoke": {
          const grant = livingOr(grants.get(idOf(step.id)));
          change(grant, { revokedAt: now, revokedReason: "operator" });
          expect(await store.revokeGrant(idOf(step.id), "operator", now, REVOKED)).toBe(grant !== undefined);
          break;
        }
        case "wait":
          now += step.milliseconds;
          break;
        case "sweep":
          await store.deleteExpired(now, 1000);
          for (const grant of grants.values()) if (endOf(grant) + DAY <= now) grants.delete(grant.id);
          break;
      }
      for (const name of ["a", "b", "c"]) {
        expect(await store.findGrant(idOf(name))).toEqual(grants.get(idOf(name)));
      }
    },
  };
}

function approvalOf(id: string, clientId: string, now: number): Approval {
  return sampleApproval({
    id,
    clientId,
    codeExpiresAt: now + 60 * SECOND,
    refreshExpiresAt: now + REFRESH_LIFE,
    endsAt: now + 300 * DAY,
    createdAt: now,
  });
}

function newGrant({ signedInAt, ...approved }: Approval): Grant {
  return {
    ...approved,
    redeemedAt: null,
    generation: 0,
    rotatedAt: null,
    unusedGeneration: null,
    usedAt: null,
    revokedAt: null,
    revokedReason: null,
    refusedAt: null,
    refusal: null,
  };
}

function endOf(grant: Grant): number {
  if (grant.revokedAt !== null) return grant.revokedAt;
  if (grant.redeemedAt === null) return grant.codeExpiresAt;
  return Math.min(grant.refreshExpiresAt, grant.endsAt);
}
