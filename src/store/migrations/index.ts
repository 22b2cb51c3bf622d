import { firstRelease } from "./0001-first-release.ts";
import type { Migration } from "./migration.ts";

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [firstRelease];
