import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One thing the model does: call a tool, or end. `before` runs before it is sent, as a person may do something meanwhile. */
export type Step = {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>> | string;
  readonly before?: () => Promise<void> | void;
};

/** A model on loopback that follows a script: it speaks as much of Google's and OpenAI's interfaces as the agents need. */
export class ModelServer {
  readonly #server: Server;
  readonly #steps: readonly Step[];
  #next = 0;
  /** What the tools answered, as the agent told the model. */
  readonly answers: string[] = [];
  /** Names of the tools that the agent offered. */
  readonly tools = new Set<string>();

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#server = createServer((request, response) => void this.#respond(request, response));
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const reply = (type: string, text: string): void => {
      response.writeHead(200, { 'content-type': type });
      response.end(text);
    };
    const url = request.url ?? '';
    if (request.method !== 'POST') reply('application/json', '{"models":[],"data":[]}');
    else if (url.includes(':streamGenerateContent')) reply('text/event-stream', `data: ${JSON.stringify(await this.#gemini(body))}\n\n`);
    else if (url.includes(':countTokens')) reply('application/json', '{"totalTokens":1}');
    else if (url.includes(':generateContent')) reply('application/json', JSON.stringify(geminiText('{}')));
    else if (url.endsWith('/responses')) reply('text/event-stream', await this.#openai(body));
    else reply('application/json', '{}');
  }

  static async start(steps: readonly Step[]): Promise<ModelServer> {
    const made = new ModelServer(steps);
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get port(): number {
    // It listens on TCP.
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many steps were taken. */
  get taken(): number {
    return this.#next;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #step(): Promise<Step | undefined> {
    const step = this.#steps[this.#next++];
    await step?.before?.();
    return step;
  }

  async #gemini(body: string): Promise<object> {
    const request = JSON.parse(body) as {
      contents?: { parts?: { functionResponse?: unknown }[] }[];
      tools?: { functionDeclarations?: { name: string }[] }[];
    };
    for (const { functionDeclarations } of request.tools ?? []) for (const { name } of functionDeclarations ?? []) this.tools.add(name);
    // Side questions of the agent (titles, routing) come without its tools.
    if (request.tools === undefined) return geminiText('{}');
    const answered = (request.contents ?? [])
      .flatMap(({ parts }) => parts ?? [])
      .flatMap(({ functionResponse }) => (functionResponse === undefined ? [] : [functionResponse]));
    this.answers.splice(0, this.answers.length, ...answered.map((answer) => JSON.stringify(answer)));
    const step = await this.#step();
    if (step === undefined) return geminiText('Done.');
    return geminiParts([{ functionCall: { name: step.tool, args: step.args } }]);
  }

  async #openai(body: string): Promise<string> {
    const request = JSON.parse(body) as { input?: { type?: string; output?: unknown }[]; tools?: { name?: string; type?: string }[] };
    for (const { name, type } of request.tools ?? []) this.tools.add(name ?? type ?? '');
    const answered = (request.input ?? []).filter(({ type }) => type?.endsWith('_output'));
    this.answers.splice(0, this.answers.length, ...answered.map(({ output }) => JSON.stringify(output)));
    const step = await this.#step();
    const id = `item-${this.#next}`;
    const item =
      step === undefined
        ? { type: 'message', role: 'assistant', id, content: [{ type: 'output_text', text: 'Done.' }] }
        : typeof step.args === 'string'
          ? { type: 'custom_tool_call', id, call_id: `call-${this.#next}`, name: step.tool, input: step.args }
          : { type: 'function_call', id, call_id: `call-${this.#next}`, name: step.tool, arguments: JSON.stringify(step.args) };
    const usage = { input_tokens: 1, input_tokens_details: null, output_tokens: 1, output_tokens_details: null, total_tokens: 2 };
    return [
      { type: 'response.created', response: { id: `response-${this.#next}` } },
      { type: 'response.output_item.done', item },
      { type: 'response.completed', response: { id: `response-${this.#next}`, usage } },
    ]
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('');
  }
}

function geminiText(text: string): object {
  return geminiParts([{ text }]);
}

function geminiParts(parts: readonly object[]): object {
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  };
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}
