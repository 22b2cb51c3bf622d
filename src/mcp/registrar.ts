import type {
  BaseToolCallback,
  CacheHint,
  CallToolResult,
  GetPromptResult,
  Icon,
  InputRequiredResult,
  ReadResourceResult,
  ResourceMetadata,
  ResourceTemplate,
  StandardSchemaWithJSON,
  ToolAnnotations,
  Variables,
} from "@modelcontextprotocol/server";
import type { ToolContext } from "./tool-context.ts";

/** Registers tools, resources and prompts as the SDK's `McpServer` does; `scopes` makes each one need them. */
export type Registrar = {
  /**
   * Registers a tool. The next request sees it, also when the server is already serving.
   *
   * @param config.scopes calling it with a lesser token is answered 403 with every scope that it needs
   * @param handler gets the validated arguments and the context; without `inputSchema` only the context
   * @throws ConfigurationError for a name that is taken or not allowed, a schema that cannot be shown, an unknown scope
   */
  registerTool<
    Input extends StandardSchemaWithJSON | undefined = undefined,
    Output extends StandardSchemaWithJSON | undefined = undefined,
  >(name: string, config: ToolConfig<Input, Output>, handler: ToolHandler<Input>): void;
  /** Registers a prompt, as `registerTool` does a tool. */
  registerPrompt<Arguments extends StandardSchemaWithJSON | undefined = undefined>(
    name: string,
    config: PromptConfig<Arguments>,
    handler: PromptHandler<Arguments>,
  ): void;
  /**
   * Registers the resource at a URI, or all that a template matches, as `registerTool` does a tool. Without the scopes, the
   * template's `list` returns nothing, and its completions are answered 403.
   */
  registerResource(name: string, uri: string, config: ResourceConfig, handler: ResourceHandler): void;
  registerResource(
    name: string,
    template: ResourceTemplate,
    config: ResourceConfig,
    handler: ResourceTemplateHandler,
  ): void;
};

type Scoped = {
  /** Every scope that using this needs, beside the ones that the server always needs. */
  readonly scopes?: readonly string[];
};

export type ToolConfig<Input, Output> = Scoped & {
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: Input;
  readonly outputSchema?: Output;
  readonly annotations?: ToolAnnotations;
  readonly icons?: Icon[];
  readonly _meta?: Record<string, unknown>;
};

export type PromptConfig<Arguments> = Scoped & {
  readonly title?: string;
  readonly description?: string;
  readonly argsSchema?: Arguments;
  readonly icons?: Icon[];
  readonly _meta?: Record<string, unknown>;
};

export type ResourceConfig = Scoped & ResourceMetadata & { readonly cacheHint?: CacheHint };

export type ToolHandler<Input extends StandardSchemaWithJSON | undefined> = BaseToolCallback<
  CallToolResult | InputRequiredResult,
  ToolContext,
  Input
>;

export type PromptHandler<Arguments extends StandardSchemaWithJSON | undefined> = BaseToolCallback<
  GetPromptResult | InputRequiredResult,
  ToolContext,
  Arguments
>;

export type ResourceHandler = (uri: URL, context: ToolContext) => ResourceAnswer;
export type ResourceTemplateHandler = (
  uri: URL,
  variables: Variables,
  context: ToolContext,
) => ResourceAnswer;

type ResourceAnswer =
  | ReadResourceResult
  | InputRequiredResult
  | Promise<ReadResourceResult | InputRequiredResult>;
