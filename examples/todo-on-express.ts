import type { RequestListener } from "node:http";
import express, { type ErrorRequestHandler } from "express";
import { authOf, gatehouse, mount } from "mcp-gatehouse/express";
import { badTodo, newTodo, type TodoParts, unknownTodo } from "./todo-api.ts";

/** The REST routes on Express. */
export function onExpress({ server, lists, rest }: TodoParts): RequestListener {
  const { guard, requireScopes } = gatehouse(server);
  const app = express().disable("x-powered-by");

  app.use("/todos", guard);
  app.get("/todos", requireScopes("todo:read"), (req, res) => {
    res.json({ todos: lists.list(authOf(req)) });
  });
  app.post("/todos", requireScopes("todo:write"), express.json(), (req, res) => {
    const { success, data } = newTodo.safeParse(req.body);
    if (!success) return void res.status(400).json(badTodo);
    res.status(201).json(lists.add(authOf(req), data.title));
  });
  app.delete("/todos/:id", requireScopes("todo:delete"), (req, res) => {
    const { id } = req.params as { id: string };
    if (!lists.delete(authOf(req), id)) return void res.status(404).json(unknownTodo(id));
    res.status(204).end();
  });

  app.use(mount({ fetch: rest }));
  app.use(answerError);
  return app;
}

/** A body that is not JSON, or too large, says so by its status. Anything else is ours. */
const answerError: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  const { status = 500 } = error;
  if (status >= 500) console.error(error);
  res
    .status(status)
    .json(status < 500 ? badTodo : { error: "server_error", error_description: "It failed." });
};
