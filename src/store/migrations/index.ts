import { firstRelease } from "./0001-first-release.ts";
import { people } from "./0002-people.ts";
import { moreWays } from "./0003-more-ways.ts";
import { mailedLinks } from "./0004-mailed-links.ts";
import { rememberedConsent } from "./0005-remembered-consent.ts";
import { saidByOperator } from "./0006-said-by-operator.ts";
import { sessionFactors } from "./0007-session-factors.ts";
import { organizations } from "./0008-organizations.ts";
import { timeline } from "./0009-timeline.ts";
import { upstreams } from "./0010-upstreams.ts";
import type { Migration } from "./migration.ts";

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
  firstRelease,
  people,
  moreWays,
  mailedLinks,
  rememberedConsent,
  saidByOperator,
  sessionFactors,
  organizations,
  timeline,
  upstreams,
];
