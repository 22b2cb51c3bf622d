import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { withParts } from "../../src/config/declared.ts";
import { environmentOptions } from "../../src/config/environment.ts";
import { parseOptions } from "../../src/config/options.ts";
import { serverOptions } from "../../src/config/options-schema.ts";
import { isPostgresUrl } from "../../src/core/database-url.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { markdownFiles, readDocument } from "../support/markdown.ts";
import { startProgram } from "../support/processes/program.ts";
import { startServer } from "../support/server.ts";
import {
  compose,
  imageInstructions,
  kubernetes,
  readShipped,
  shippedFiles,
  unitSettings,
  type Variables,
} from "./shipped.ts";

/** The files of `deploy`, held against the code and against one another. */

const KNOWN = withParts(serverOptions).flatMap(({ variables = {} }) => Object.keys(variables));
const READ_BY_THE_EXAMPLE = [...readShipped("server/server.ts").matchAll(/process\.env\.([A-Z_]+)/g)].map(
  ([, name = ""]) => name,
);
/** A request under way is given as long, after the delay. */
const DRAIN_SECONDS = 5;
const SECRET = "a-secret-for-tests-with-32-characters";

const image = new Map(imageInstructions().map(({ instruction, rest }) => [instruction, rest]));
const imageEnvironment = variablesIn((image.get("ENV") ?? "").split(/\s+/));
const [imageUser, imageGroup] = (image.get("USER") ?? "").split(":").map(Number);

describe("the environment", () => {
  const documents = markdownFiles().filter((file) => file.startsWith("docs/deploy/"));
  const shipped = shippedFiles().map((file) => join("deploy", file));

  it.each([...documents, ...shipped])("%s names variables that the server reads", (file) => {
    const named = [...readDocument(file).matchAll(/\b(GATEHOUSE_[A-Z_]+|DATABASE_URL)\b/g)];
    expect(named.map(([name]) => name).filter((name) => !KNOWN.includes(name))).toEqual([]);
  });

  const given = new Map<string, Variables>([
    ["server/Dockerfile", imageEnvironment],
    ["compose.yaml", interpolated(compose().services.app.environment)],
    ["kubernetes", { ...podEnvironment(), GATEHOUSE_SECRET: SECRET, DATABASE_URL: "postgres://db/app" }],
    ["systemd", variablesIn(unitSettings().get("Environment") ?? [])],
  ]);

  it.each([...given])("%s sets what somebody reads, to what is accepted", (_file, environment) => {
    const { NODE_ENV: _, NODE_OPTIONS: nodeOptions = "", ...rest } = environment;
    const node = spawnSync(process.execPath, ["--eval", ""], { env: { NODE_OPTIONS: nodeOptions } });
    expect({ status: node.status, stderr: String(node.stderr) }).toEqual({ status: 0, stderr: "" });
    expect(Object.keys(rest).filter((name) => ![...KNOWN, ...READ_BY_THE_EXAMPLE].includes(name))).toEqual(
      [],
    );
    expect(() => parseOptions("x", {}, environmentOptions(rest))).not.toThrow();
  });

  it("behind a proxy has a public URL, trusts the proxy, shares a database and a secret", () => {
    for (const file of ["compose.yaml", "kubernetes"]) {
      const settings = parseOptions("x", {}, environmentOptions(given.get(file) ?? {}));
      expect(settings).toMatchObject({ issuer: "https://mcp.example.com", trustProxy: true });
      expect(isPostgresUrl(settings.database)).toBe(true);
      expect(settings.secrets).toHaveLength(1);
    }
  });

  it("in a container listens on every address", () => {
    expect(parseOptions("x", {}, environmentOptions(imageEnvironment)).host).toBe("0.0.0.0");
  });
});

describe("the image", () => {
  it("runs as nobody in particular, on this release of Node", () => {
    expect(imageUser).toBeGreaterThan(0);
    expect(imageGroup).toBeGreaterThan(0);
    const { engines } = JSON.parse(readDocument("package.json")) as { engines: { node: string } };
    const [, major] = /(\d+)/.exec(engines.node) ?? [];
    expect(image.get("FROM")).toMatch(new RegExp(`/nodejs${major}-\\w+:nonroot$`));
    expect(readShipped("server/Dockerfile")).toMatch(new RegExp(`^FROM node:${major}-`, "m"));
  });

  it("gets nothing of the folder but what .dockerignore names", () => {
    const [first, ...others] = readShipped("server/.dockerignore")
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
    expect(first).toBe("*");
    expect(others.every((line) => line.startsWith("!"))).toBe(true);
    expect(others.filter((line) => /env|db|key/.test(line))).toEqual([]);
  });

  it("is healthy while the server answers, and not after it has gone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-image-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const program = await startProgram("deploy/server/server.ts", { cwd: folder });
    onTestFinished(() => program.stop());
    const [, command = ""] = (image.get("HEALTHCHECK") ?? "").split("CMD ");
    const [node, ...parameters] = JSON.parse(command) as string[];
    expect(node).toMatch(/\/node$/);
    const check = () =>
      spawnSync(process.execPath, parameters, {
        env: { GATEHOUSE_PORT: new URL(program.origin).port },
      }).status;
    expect(check()).toBe(0);
    await program.stop();
    expect(check()).toBe(1);
  });

  it("is built from this release, and from what it asks for", () => {
    const own = JSON.parse(readDocument("package.json")) as Package & { readonly version: string };
    const { dependencies } = JSON.parse(readShipped("server/package.json")) as Package;
    expect(dependencies).toEqual({
      "mcp-gatehouse": `file:mcp-gatehouse-${own.version}.tgz`,
      pg: own.peerDependencies.pg,
      zod: own.dependencies.zod,
    });
  });
});

describe("compose.yaml", () => {
  const { app, postgres, caddy } = compose().services;

  it("lets in from outside to Caddy alone, and to Postgres from the server alone", () => {
    expect(app.ports).toBeUndefined();
    expect(postgres.ports).toBeUndefined();
    expect(caddy.networks).not.toContain("back");
    expect(postgres.networks).toEqual(["back"]);
  });

  it("gives the server nothing to write to, and time to finish", () => {
    expect(app).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    expect(Number.parseInt(app.stop_grace_period ?? "", 10)).toBeGreaterThan(DRAIN_SECONDS);
  });

  it("names the database that it makes", () => {
    const url = new URL(interpolated(app.environment).DATABASE_URL ?? "");
    const made = interpolated(postgres.environment);
    expect([url.hostname, url.username, url.password, url.pathname.slice(1)]).toEqual([
      "postgres",
      made.POSTGRES_USER,
      made.POSTGRES_PASSWORD,
      made.POSTGRES_DB,
    ]);
  });

  it("has no secret in it, and asks for each one", () => {
    const page = readDocument("docs/deploy/compose.md");
    for (const name of ["DOMAIN", "GATEHOUSE_SECRET", "POSTGRES_PASSWORD"]) {
      expect(readShipped("compose.yaml")).toContain(`\${${name}:?`);
      expect(page).toContain(`${name}=`);
    }
  });
});

describe("the Kubernetes manifests", () => {
  const { spec, metadata } = kubernetes.deployment();
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const labels = spec.template.metadata.labels;

  it("probe paths that answer", async () => {
    const server = await startServer();
    onTestFinished(() => server.drain().then(server.close));
    for (const { httpGet } of [container.livenessProbe, container.readinessProbe]) {
      expect((await server.fetch(new Request(`http://10.0.0.7:3000${httpGet.path}`))).status).toBe(200);
      expect(httpGet.port).toBe(container.ports[0].name);
    }
    expect(container.livenessProbe.httpGet.path).toBe("/health");
    expect(container.readinessProbe.httpGet.path).toBe("/ready");
  });

  it("run as the image's user, with nothing to write to and nothing to gain", () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: imageUser,
      runAsGroup: imageGroup,
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(String(container.ports[0].containerPort)).toBe(imageEnvironment.GATEHOUSE_PORT);
  });

  it("wait for the delay and the drain before they kill", () => {
    const delay = Number(podEnvironment().GATEHOUSE_SHUTDOWN_DELAY_SECONDS);
    expect(delay).toBeGreaterThan(0);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(delay + DRAIN_SECONDS);
  });

  it("belong together", () => {
    expect(spec.replicas).toBe(2);
    expect(spec.selector.matchLabels).toEqual(labels);
    expect(kubernetes.budget().spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: labels } });
    expect(container.envFrom[0].secretRef.name).toBe(kubernetes.secret().metadata.name);
    const service = kubernetes.service();
    const [port] = service.spec.ports;
    expect(service.spec.selector).toEqual(labels);
    expect(port.targetPort).toBe(container.ports[0].name);
    const host = new URL(podEnvironment().GATEHOUSE_PUBLIC_URL ?? "").hostname;
    const [{ host: ingressHost, http }] = kubernetes.ingress().spec.rules;
    expect(ingressHost).toBe(host);
    expect(http.paths).toEqual([
      {
        path: "/",
        pathType: "Prefix",
        backend: { service: { name: service.metadata.name, port: { name: port.name } } },
      },
    ]);
    const route = kubernetes.route().spec;
    expect(route.hostnames).toEqual([host]);
    expect(route.rules[0].backendRefs).toEqual([{ name: metadata.name, port: port.port }]);
  });

  it("do not start with the secret that they show", () => {
    const environment = { ...podEnvironment(), ...kubernetes.secret().stringData };
    expect(() => parseOptions("x", {}, environmentOptions(environment))).toThrow("GATEHOUSE_SECRET");
  });
});

describe("the systemd unit", () => {
  const settings = unitSettings();

  it("has a user of its own and one place to write to, which is where it works", () => {
    expect(settings.get("DynamicUser")).toEqual(["yes"]);
    expect(settings.get("ProtectSystem")).toEqual(["strict"]);
    const [state] = settings.get("StateDirectory") ?? [];
    expect(settings.get("WorkingDirectory")).toEqual([`%S/${state}`]);
    expect(Number.parseInt(settings.get("TimeoutStopSec")?.[0] ?? "", 10)).toBeGreaterThan(DRAIN_SECONDS);
  });

  const systemd = versionOf("systemd-analyze");
  const canJudge = systemd !== undefined && Number.parseInt(systemd, 10) >= 250;

  it.skipIf(!canJudge)(
    `is little exposed${canJudge ? "" : " (left out: there is no systemd-analyze of 250 or newer)"}`,
    async () => {
      const file = join(CHECKOUT, "deploy/systemd/gatehouse.service");
      // Of 100. It fails above the threshold.
      await promisify(execFile)("systemd-analyze", ["security", "--offline=true", "--threshold=15", file]);
    },
  );
});

describe("Caddy's files", () => {
  const caddy = versionOf("caddy");

  it.skipIf(!caddy).each(["Caddyfile", "compose.Caddyfile"])(
    `%s is valid${caddy ? "" : " (left out: caddy is not installed)"}`,
    async (name) => {
      await promisify(execFile)(
        "caddy",
        ["validate", "--adapter", "caddyfile", "--config", join(CHECKOUT, "deploy/caddy", name)],
        { env: { ...process.env, DOMAIN: "mcp.example.com" } },
      );
    },
  );

  it("ask a path that says when an instance goes away", () => {
    expect(readShipped("caddy/Caddyfile")).toContain("health_uri /ready\n");
  });

  it("do not go on with a stream whose client has gone", () => {
    for (const name of ["Caddyfile", "compose.Caddyfile"]) {
      expect(readShipped(`caddy/${name}`)).not.toContain("flush_interval");
    }
  });

  it("are the ones that compose.yaml names", () => {
    const [mounted = ""] = compose().services.caddy.volumes ?? [];
    expect(readFileSync(join(CHECKOUT, "deploy", mounted.split(":")[0] ?? ""), "utf8")).toContain("app 3000");
    expect(imageEnvironment.GATEHOUSE_PORT).toBe("3000");
  });
});

type Package = {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

/** What the Deployment sets, without what comes from the Secret. */
function podEnvironment(): Variables {
  const [{ env }] = kubernetes.deployment().spec.template.spec.containers;
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

function variablesIn(assignments: readonly string[]): Variables {
  return Object.fromEntries(assignments.map((text) => text.split(/=(.*)/s).slice(0, 2)));
}

/** As Compose fills in what its .env file has. */
function interpolated(environment: Variables): Variables {
  const values: Variables = {
    DOMAIN: "mcp.example.com",
    GATEHOUSE_SECRET: SECRET,
    POSTGRES_PASSWORD: "0a1b",
  };
  const fill = (text: string) =>
    text.replaceAll(/\$\{([A-Z_]+)(?::[?-][^}]*)?\}/g, (_, name: string) => values[name] ?? "");
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(value)]));
}

/** What a program says to `--version` or `version`, or undefined where it is not installed. */
function versionOf(program: string): string | undefined {
  const flag = program === "caddy" ? "version" : "--version";
  const { status, stdout } = spawnSync(program, [flag], { encoding: "utf8" });
  return status === 0 ? (/\d+/.exec(stdout)?.[0] ?? "") : undefined;
}
