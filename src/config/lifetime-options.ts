import { LONGEST_ACCESS_TOKEN_SECONDS } from "../core/access-token.ts";
import { seconds, wholeNumber, yesOrNo } from "./basic-schemas.ts";
import { declared } from "./declared.ts";
import { boolean, number } from "./variables.ts";

const DAY_SECONDS = 24 * 60 * 60;
const LONGEST_DAYS = 3650;

/** How long things last. */
export const lifetimeOptions = {
  accessTokenSeconds: seconds(1, LONGEST_ACCESS_TOKEN_SECONDS)
    .default(1800)
    .register(declared, {
      says: "The lifetime of an access token, one day at most.",
      variables: { GATEHOUSE_ACCESS_TOKEN_SECONDS: number },
    }),
  refreshTokenSeconds: seconds(1, LONGEST_DAYS * DAY_SECONDS)
    .default(30 * DAY_SECONDS)
    .register(declared, {
      says: "The lifetime of a refresh token from its last use.",
      variables: { GATEHOUSE_REFRESH_TOKEN_SECONDS: number },
    }),
  grantSeconds: seconds(60, LONGEST_DAYS * DAY_SECONDS)
    .default(365 * DAY_SECONDS)
    .register(declared, {
      says: "The lifetime of a grant, however often it is used.",
      more: "Then the person is asked again.",
      variables: { GATEHOUSE_GRANT_SECONDS: number },
    }),
  refreshGraceSeconds: seconds(0, 3600)
    .default(300)
    .register(declared, {
      says: "How long the previous refresh token gets the same successor, used or not.",
      more: "This is for programs that share one token store and refresh minutes apart. After it, the same successor is still given while nothing of it was used: the client never got the answer ([why](decisions/0033-a-lost-answer-signs-nobody-out.md)).",
      variables: { GATEHOUSE_REFRESH_GRACE_SECONDS: number },
    }),
  accessTokensCheckedElsewhere: yesOrNo.default(false).register(declared, {
    says: "Whether other servers accept access tokens by their signature alone.",
    more: "This server can't see their uses there, so only `refreshGraceSeconds` counts. See [routes](routes.md#tokens-that-other-servers-check).",
    variables: { GATEHOUSE_ACCESS_TOKENS_CHECKED_ELSEWHERE: boolean },
  }),
  sessionIdleSeconds: seconds(60, LONGEST_DAYS * DAY_SECONDS)
    .default(12 * 60 * 60)
    .register(declared, {
      says: "How long a person stays signed in in a browser that they don't use.",
      more: "While it lasts, another client needs only their approval. On a loopback issuer a sign-in counts for its own request only.",
      variables: { GATEHOUSE_SESSION_IDLE_SECONDS: number },
    }),
  sessionSeconds: seconds(60, LONGEST_DAYS * DAY_SECONDS)
    .default(30 * DAY_SECONDS)
    .register(declared, {
      says: "How long a person stays signed in in a browser at most.",
      variables: { GATEHOUSE_SESSION_SECONDS: number },
    }),
  auditRetentionDays: wholeNumber(1, LONGEST_DAYS, "a whole number of days")
    .default(400)
    .register(declared, {
      says: "How many days the audit log is kept, from 1 to 3650.",
      more: "See [audit](audit.md).",
      variables: { GATEHOUSE_AUDIT_RETENTION_DAYS: number },
    }),
};
