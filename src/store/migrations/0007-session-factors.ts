import type { Migration } from "./migration.ts";

/** Which second factor was passed with the sign-in of a session (decision 0047). Only adds. */
export const sessionFactors: Migration = {
  name: "0007-session-factors",
  needs: "0001-first-release",
  up: (db) => [db.schema.alterTable("sessions").addColumn("second_factor", "text")],
};
