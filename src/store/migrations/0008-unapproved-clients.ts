import { raw } from "./announced.ts";
import type { Dialect, Migration } from "./migration.ts";

/**
 * Since when a client that registered itself waits for somebody to approve it; null for all others. The database itself
 * sets it to null with the first grant, whichever version of the code writes that.
 */
export const unapprovedClients: Migration = {
  name: "0008-unapproved-clients",
  needs: "0001-initial",
  up: (db, dialect) => [
    db.schema.alterTable("clients").addColumn("unapproved_since", "bigint"),
    raw(
      db,
      `UPDATE clients SET unapproved_since = created_at WHERE origin = 'registered'
      AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = clients.id)`,
    ),
    db.schema
      .createIndex("clients_unapproved_since")
      .on("clients")
      .column("unapproved_since")
      .where("unapproved_since", "is not", null),
    ...TRIGGERS[dialect].map((statement) => raw(db, statement)),
  ],
};

const TRIGGERS: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `CREATE TRIGGER client_approved AFTER INSERT ON grants BEGIN
      UPDATE clients SET unapproved_since = NULL WHERE id = NEW.client_id AND unapproved_since IS NOT NULL;
    END`,
  ],
  postgres: [
    `CREATE FUNCTION gatehouse_client_approved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format(
        'UPDATE %I.clients SET unapproved_since = NULL WHERE id = $1 AND unapproved_since IS NOT NULL',
        TG_TABLE_SCHEMA
      ) USING NEW.client_id;
      RETURN NULL;
    END
    $$`,
    `CREATE TRIGGER client_approved AFTER INSERT ON grants FOR EACH ROW
    EXECUTE FUNCTION gatehouse_client_approved()`,
  ],
};
