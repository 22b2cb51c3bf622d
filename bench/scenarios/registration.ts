import { type BenchSettings, type Contestant, inTurn, type Measurement } from "../comparison.ts";
import { reportOf, type Scenario, throughput } from "../report.ts";

/** Dynamic client registration: clients that are all different, and one that registers over and over. */
export const registration: Scenario<BenchSettings> = {
  name: "registration",
  title: "dynamic registration; ours is durable on disk",
  async run(settings) {
    const measured = await inTurn([...contestants("new"), ...contestants("same")], settings);
    const [ours, provider, oursAgain, providerAgain] = measured as [
      Measurement,
      Measurement,
      Measurement,
      Measurement,
    ];
    return reportOf(measured, [
      throughput("to oidc-provider, each client new", ours, provider, 2),
      throughput("to oidc-provider, the same client", oursAgain, providerAgain, 3),
    ]);
  },
};

function contestants(which: "new" | "same"): readonly Contestant[] {
  const options = { load: { kind: "register", which } };
  return [
    { name: `Gatehouse, SQLite file, ${which}`, module: "servers/gatehouse.ts", options },
    { name: `oidc-provider, memory, ${which}`, module: "servers/oidc-provider.ts", options },
  ];
}
