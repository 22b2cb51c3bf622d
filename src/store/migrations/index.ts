import { initial } from "./0001-initial.ts";
import { audit } from "./0002-audit.ts";
import { grantsByTime } from "./0003-grants-by-time.ts";
import { changes } from "./0004-changes.ts";
import { counters } from "./0005-counters.ts";
import { disabledClients } from "./0006-disabled-clients.ts";
import { familiarNetworks } from "./0007-familiar-networks.ts";
import { unapprovedClients } from "./0008-unapproved-clients.ts";
import { grantUses } from "./0009-grant-uses.ts";
import type { Migration } from "./migration.ts";

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
  initial,
  audit,
  grantsByTime,
  changes,
  counters,
  disabledClients,
  familiarNetworks,
  unapprovedClients,
  grantUses,
];
