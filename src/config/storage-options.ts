import { z } from "zod";
import { meansPostgres } from "../core/database-url.ts";
import { MINIMUM_SECRET_LENGTH } from "../platform/secrets/key-file.ts";
import { seconds, wholeNumber } from "./basic-schemas.ts";
import { databaseSchema } from "./database-schema.ts";
import { declared } from "./declared.ts";
import { list, number, type ReadVariable, text } from "./variables.ts";

const SECRET = `${MINIMUM_SECRET_LENGTH} characters or more (make one with: openssl rand -base64 32)`;
const SECRET_ALONE =
  'one line of the key file at a time, without the "until …" behind a secret that was replaced';
/** A key file that is pasted as it is would be a secret of its own, which opens nothing. */
const KEY_FILE_LINES = /[\r\n]|\suntil \d{4}-/;
const secret = z.string(SECRET).min(MINIMUM_SECRET_LENGTH, SECRET);

/** The variable of hosting platforms, which an application's own database of another kind may stand in. */
const postgresUrl: ReadVariable = (value) => (meansPostgres(value) ? value : undefined);

/** Where a server keeps its data, and a command looks for it, if nothing names another place. */
export const USUAL_DATABASE = "./gatehouse.db";

/** Where the server keeps its data, and the secret that it is sealed with. */
export const storageOptions = {
  database: databaseSchema.default(USUAL_DATABASE).register(declared, {
    says: "Where the data is kept: a file, `:memory:`, or `postgres://user:password@host:5432/name`.",
    more: "Several instances need Postgres: see [databases](deploy/databases.md). `DATABASE_URL` counts only where it is for Postgres.",
    variables: { GATEHOUSE_DATABASE: text, DATABASE_URL: postgresUrl },
    flag: "-d, --database <file or URL>",
  }),
  databaseConnections: wholeNumber(1, 1000)
    .default(10)
    .register(declared, {
      says: "How many connections this instance opens to Postgres at most.",
      more: "One more connection listens for what other instances change.",
      variables: { GATEHOUSE_DATABASE_CONNECTIONS: number },
    }),
  staleSeconds: seconds(0, 3600)
    .default(30)
    .register(declared, {
      says: "How long access tokens that were accepted before are still accepted while the database can't be reached.",
      more: "A revocation in this time is not known here. `0` accepts none. After it the answer is 503 with `Retry-After`. See [faults](deploy/faults.md).",
      variables: { GATEHOUSE_STALE_SECONDS: number },
    }),
  secret: z
    .union([secret.transform((one) => [one]), z.array(secret).min(1, SECRET)], SECRET)
    .refine((all) => !all.some((one) => KEY_FILE_LINES.test(one.trim())), SECRET_ALONE)
    .optional()
    .register(declared, {
      says: "The master secret, or a list of them, newest first.",
      more: "At least 32 characters (`openssl rand -base64 32`); commas separate several in the variable. The first one seals, every one opens. Without it, a key file is made beside the database (`gatehouse.db.key`, mode 0600). With Postgres it is required, the same one on every instance. How to replace it: [the master secret](secret.md).",
      variables: { GATEHOUSE_SECRET: list },
      otherwise: "a key file beside the database",
    }),
};
