/**
 * `/v1/chat/completions` as OpenAI speaks it, streamed and whole. Pure: a behaviour and a request in, wire steps out.
 *
 * Shapes follow recorded answers: a first chunk with the role and empty content, `usage: null` on every chunk and a last
 * one without choices when usage was asked for, refusals in their own field, `[DONE]` at the end.
 *
 * @module
 */
import type { Behaviour, Pace } from "./behaviours.ts";
import { errorReply, jsonReply, type Step, send, sliced, type WireReply } from "./wire.ts";

/** What the fake reads of a request; everything else is recorded but changes nothing. */
export interface ChatRequest {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  logprobs: boolean;
  /** All message texts, to estimate prompt tokens from. */
  promptText: string;
}

const pieceCharsDefault = 8;
const charsPerToken = 4;
const created = 1_770_933_892;

/** Plans the answer to one request. `id` is the completion's id. */
export function chatReply(behaviour: Behaviour, request: ChatRequest, id: string): WireReply {
  if (behaviour.kind === "fail") return errorReply(behaviour.status, behaviour.error, behaviour.headers);
  if (behaviour.kind === "garbage")
    return { status: behaviour.status, headers: { "content-type": behaviour.contentType }, steps: [send(behaviour.body)] };
  return request.stream ? streamed(behaviour, request, id) : whole(behaviour, request, id);
}

type Spoken = Exclude<Behaviour, { kind: "fail" | "garbage" }>;

function streamed(behaviour: Spoken, request: ChatRequest, id: string): WireReply {
  const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
  return { status: 200, headers, steps: streamSteps(behaviour, request, id) };
}

function streamSteps(behaviour: Spoken, request: ChatRequest, id: string): Step[] {
  const chunk = (body: object) =>
    send(
      `data: ${JSON.stringify({ ...envelope(request, id, "chat.completion.chunk"), ...body, ...(request.includeUsage && { usage: null }) })}\n\n`,
    );
  const choice = (delta: object, finish: string | null = null, logprobs: object | null = null) =>
    chunk({ choices: [{ index: 0, delta, logprobs, finish_reason: finish }] });
  const end = (text: string): Step[] => [...(request.includeUsage ? [usageChunk(request, id, text)] : []), send("data: [DONE]\n\n")];
  const speak = (text: string, pace: Pace = {}): Step[] => [
    choice({ role: "assistant", content: "", refusal: null }),
    ...paced(text, pace, (content) => choice({ content }, null, request.logprobs ? logprobsOf(content) : null)),
  ];

  switch (behaviour.kind) {
    case "speak": {
      const steps = [...speak(behaviour.text, behaviour), choice({}, behaviour.finish), ...end(behaviour.text)];
      return behaviour.sliceBytes ? sliced(steps, behaviour.sliceBytes) : steps;
    }
    case "refuse": {
      const opening = choice({ role: "assistant", content: null, refusal: "" });
      const steps = [
        opening,
        ...paced(behaviour.text, behaviour, (refusal) => choice({ refusal })),
        choice({}, "stop"),
        ...end(behaviour.text),
      ];
      return behaviour.sliceBytes ? sliced(steps, behaviour.sliceBytes) : steps;
    }
    case "stallAtOnce":
      return [{ do: "stall" }];
    case "stallAfter":
      return [...speak(behaviour.text), { do: "stall" }];
    case "cutAfter":
      return [...speak(behaviour.text), { do: "wait", ms: 5 }, { do: "cut" }];
    case "breakAfter":
      return [...speak(behaviour.text), send('data: {"id":"chatcmpl-broken","choices":[{"index":0,"del\n\n'), ...end(behaviour.text)];
    case "noChoices":
      return [chunk({ choices: [] }), ...end("")];
    case "chunks":
      return [...behaviour.chunks.map((body) => send(`data: ${JSON.stringify(body)}\n\n`)), send("data: [DONE]\n\n")];
  }
}

function whole(behaviour: Spoken, request: ChatRequest, id: string): WireReply {
  const complete = (message: object, finish: string, text: string) =>
    jsonReply(200, {
      ...envelope(request, id, "chat.completion"),
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: null, refusal: null, annotations: [], ...message },
          logprobs: request.logprobs ? logprobsOf(text) : null,
          finish_reason: finish,
        },
      ],
      usage: usageOf(request, text),
    });
  switch (behaviour.kind) {
    case "speak":
      return complete({ content: behaviour.text }, behaviour.finish, behaviour.text);
    case "refuse":
      return complete({ refusal: behaviour.text }, "stop", behaviour.text);
    case "chunks":
      return errorReply(400, { message: "this script is for streams", type: "invalid_request_error", code: null });
    case "noChoices":
      return jsonReply(200, { ...envelope(request, id, "chat.completion"), choices: [], usage: usageOf(request, "") });
    case "stallAtOnce":
      return { status: 200, headers: { "content-type": "application/json" }, steps: [{ do: "stall" }] };
    case "stallAfter":
    case "cutAfter":
    case "breakAfter":
      return halfBody(behaviour, complete({ content: behaviour.text }, "stop", behaviour.text));
  }
}

/** The first half of a whole answer, then what the behaviour does next. */
function halfBody(behaviour: Extract<Spoken, { kind: "stallAfter" | "cutAfter" | "breakAfter" }>, reply: WireReply): WireReply {
  const [body] = sliced(
    reply.steps,
    Math.ceil(reply.steps.reduce((sum, step) => sum + (step.do === "send" ? step.bytes.length : 0), 0) / 2),
  );
  const next = {
    stallAfter: [{ do: "stall" } as const],
    cutAfter: [{ do: "wait", ms: 5 } as const, { do: "cut" } as const],
    breakAfter: [],
  }[behaviour.kind];
  return { ...reply, steps: [...(body ? [body] : []), ...next] };
}

function paced(text: string, pace: Pace, toStep: (piece: string) => Step): Step[] {
  const chars = Array.from(text);
  const size = pace.pieceChars ?? pieceCharsDefault;
  const steps: Step[] = [];
  for (let at = 0; at < chars.length; at += size) {
    if (pace.delayMs) steps.push({ do: "wait", ms: pace.delayMs });
    steps.push(toStep(chars.slice(at, at + size).join("")));
  }
  return steps;
}

function envelope(request: ChatRequest, id: string, object: string): object {
  return { id, object, created, model: request.model, service_tier: "default", system_fingerprint: "fp_axon_fake" };
}

function usageChunk(request: ChatRequest, id: string, text: string): Step {
  return send(
    `data: ${JSON.stringify({ ...envelope(request, id, "chat.completion.chunk"), choices: [], usage: usageOf(request, text) })}\n\n`,
  );
}

function usageOf(request: ChatRequest, text: string): object {
  const prompt = tokens(request.promptText);
  const completion = tokens(text);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
}

function logprobsOf(text: string): object {
  return { content: text === "" ? [] : [{ token: text, logprob: -0.05, bytes: [...Buffer.from(text)], top_logprobs: [] }], refusal: null };
}

function tokens(text: string): number {
  return Math.ceil(text.length / charsPerToken);
}
