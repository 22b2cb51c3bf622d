import { startPostgres } from "../../test/support/postgres/postgres.ts";
import { answerQuestions } from "../worker.ts";

// A Postgres that commits to the disk, on the core that this process was given.

const postgres = await startPostgres({
  durable: true,
  // A large table: what fits in memory stays there, and a checkpoint does not come amid every round.
  flags: ["shared_buffers=2GB", "max_wal_size=8GB", "checkpoint_timeout=30min"],
});

answerQuestions({
  freshDatabase: () => postgres.freshDatabase(),
  stop: () => postgres.stop(),
});
