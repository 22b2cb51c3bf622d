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
import type { PublicToolContext, ToolContext } from "./tool-context.ts";

/**
 * Registers tools, resources and prompts as the SDK's `McpServer` does. `scopes` makes each one need them; with `public: true`
 * it needs no token, and the handler's context knows of a caller only after a check.
 */
export type Registrar = {
  /**
   * Registers a tool. The next request sees it, also when the server is already serving.
   *
   * @param config.scopes calling it with a lesser token is answered 403 with every scope that it needs
   * @param config.public true: anyone may call it, without a token. What its handler throws is for the log; the client is told
   * only that the tool failed
   * @param handler gets the validated arguments and the context; without `inputSchema` only the context
   * @throws ConfigurationError for a name that is taken or not allowed, a schema that cannot be shown, an unknown scope
   */
  registerTool<
    Input extends StandardSchemaWithJSON | undefined = undefined,
    Output extends StandardSchemaWithJSON | undefined = undefined,
    IsPublic extends boolean = false,
  >(name: string, config: ToolConfig<Input, Output, IsPublic>, handler: ToolHandler<Input, IsPublic>): void;
  /** Registers a prompt, as `registerTool` does a tool. */
  registerPrompt<
    Arguments extends StandardSchemaWithJSON | undefined = undefined,
    IsPublic extends boolean = false,
  >(
    name: string,
    config: PromptConfig<Arguments, IsPublic>,
    handler: PromptHandler<Arguments, IsPublic>,
  ): void;
  /**
   * Registers the resource at a URI, or all that a template matches, as `registerTool` does a tool. Without the scopes, the
   * template's `list` returns nothing, and its completions are answered 403.
   */
  registerResource<IsPublic extends boolean = false>(
    name: string,
    uri: string,
    config: ResourceConfig<IsPublic>,
    handler: ResourceHandler<IsPublic>,
  ): void;
  registerResource<IsPublic extends boolean = false>(
    name: string,
    template: ResourceTemplate,
    config: ResourceConfig<IsPublic>,
    handler: ResourceTemplateHandler<IsPublic>,
  ): void;
};

/** Who may use something. */
export type Access<IsPublic extends boolean> = {
  /** True: anyone may use this, without a token. */
  readonly public?: IsPublic;
  /** Every scope that using this needs, beside the ones that the server always needs. */
  readonly scopes?: true extends IsPublic ? never : readonly string[];
};

/** What a handler is told of who calls. Where it is not known whether it is public, it may be. */
type ContextFor<IsPublic extends boolean> = true extends IsPublic ? PublicToolContext : ToolContext;

export type ToolConfig<Input, Output, IsPublic extends boolean = false> = Access<IsPublic> & {
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: Input;
  readonly outputSchema?: Output;
  readonly annotations?: ToolAnnotations;
  readonly icons?: Icon[];
  readonly _meta?: Record<string, unknown>;
};

export type PromptConfig<Arguments, IsPublic extends boolean = false> = Access<IsPublic> & {
  readonly title?: string;
  readonly description?: string;
  readonly argsSchema?: Arguments;
  readonly icons?: Icon[];
  readonly _meta?: Record<string, unknown>;
};

export type ResourceConfig<IsPublic extends boolean = false> = Access<IsPublic> &
  ResourceMetadata & { readonly cacheHint?: CacheHint };

export type ToolHandler<
  Input extends StandardSchemaWithJSON | undefined,
  IsPublic extends boolean = false,
> = BaseToolCallback<CallToolResult | InputRequiredResult, ContextFor<IsPublic>, Input>;

export type PromptHandler<
  Arguments extends StandardSchemaWithJSON | undefined,
  IsPublic extends boolean = false,
> = BaseToolCallback<GetPromptResult | InputRequiredResult, ContextFor<IsPublic>, Arguments>;

export type ResourceHandler<IsPublic extends boolean = false> = (
  uri: URL,
  context: ContextFor<IsPublic>,
) => ResourceAnswer;
export type ResourceTemplateHandler<IsPublic extends boolean = false> = (
  uri: URL,
  variables: Variables,
  context: ContextFor<IsPublic>,
) => ResourceAnswer;

type ResourceAnswer =
  | ReadResourceResult
  | InputRequiredResult
  | Promise<ReadResourceResult | InputRequiredResult>;
