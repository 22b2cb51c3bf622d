import type { Pool } from "pg";
import type { Pipeline, PipelineOptions, Shared } from "../../../../../src/store/postgres/pipeline.ts";

/** Each statement has a connection to itself, and the pool lets the next one wait. */
export function createPipeline(pool: Pool, { isUsableAfter, failed }: PipelineOptions): Pipeline {
  return {
    async run<T>(work: Shared<T>): Promise<T> {
      const client = await pool.connect();
      let isUsable = true;
      try {
        return await work(client);
      } catch (error) {
        failed(error);
        isUsable = isUsableAfter(error);
        throw error;
      } finally {
        client.release(!isUsable);
      }
    },
    waiting: () => pool.waitingCount,
  };
}
