import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CHECKOUT } from "../support/checkout.ts";
import { testCertificate } from "../support/https-origin.ts";
import { installed } from "../support/processes/installed.ts";

export const NGINX = installed("nginx");

/** nginx with the file that we ship, before servers of a test. */
export type Nginx = {
  /** `https://127.0.0.1:<port>`, under the certificate of the tests. */
  readonly origin: string;
  /** Every request so far, in the order in which they were answered. */
  requests(): readonly Passed[];
  stop(): Promise<void>;
};

/** A request, and which server answered it: several where nginx went on to the next. */
export type Passed = {
  readonly upstreams: readonly string[];
  readonly status: number;
  readonly what: string;
};

/** @param ports of the servers on 127.0.0.1 that take turns */
export async function startNginx(port: number, ports: readonly number[]): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-nginx-"));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  file("gatehouse.conf", shippedFor(port, ports, file));
  file("nginx.conf", AROUND);
  const child = spawn(NGINX ?? "", ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}: ${complaints}`);
    await setTimeout(20);
  }
  return {
    origin: `https://127.0.0.1:${port}`,
    requests: () => readFileSync(join(folder, "access.log"), "utf8").split("\n").filter(Boolean).map(passed),
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The file as it is, but for the addresses and the certificate, which everybody sets. */
function shippedFor(
  port: number,
  ports: readonly number[],
  file: (name: string, content: string) => string,
): string {
  const servers = ports.map((each) => `server 127.0.0.1:${each};`).join(" ");
  const changes = [
    ["server 127.0.0.1:3000;\n    server 127.0.0.1:3001;", servers],
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`],
    ["server_name mcp.example.com;", "server_name 127.0.0.1;"],
    ["/etc/ssl/mcp.example.com.pem", file("certificate.pem", testCertificate.cert)],
    ["/etc/ssl/mcp.example.com.key", file("key.pem", testCertificate.key)],
  ] as const;
  let shipped = readFileSync(join(CHECKOUT, "deploy/nginx/gatehouse.conf"), "utf8");
  for (const [from, to] of changes) {
    if (!shipped.includes(from)) throw new Error(`deploy/nginx/gatehouse.conf has no ${from}`);
    shipped = shipped.replace(from, to);
  }
  return shipped;
}

/** What a distribution's nginx.conf has around the files of conf.d; one process, so that the turns are strict. */
const AROUND = `
daemon off;
# Root's workers would be nobody, who may not look into a temporary folder of root's.
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
pid nginx.pid;
events {}
http {
  log_format passed escape=json '{"upstreams":"$upstream_addr","status":$status,"what":"$request_method $uri"}';
  access_log access.log passed;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  gzip on;
  gzip_types *;
  include gatehouse.conf;
}
`;

function passed(line: string): Passed {
  const { upstreams, status, what } = JSON.parse(line) as Passed & { readonly upstreams: string };
  return { upstreams: upstreams.split(", "), status, what };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  await gone;
}
