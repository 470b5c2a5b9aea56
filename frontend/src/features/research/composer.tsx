import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, SlidersHorizontal } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { useNavigate } from "react-router";
import { api, unwrap } from "@/api/client";
import type { Depth, ResearchRequest } from "@/api/types";
import { FailureNote } from "@/components/states/failure";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { MoreOptions } from "./more-options";
import { SourceChips } from "./source-chips";

const DEPTHS: { value: Depth; label: string; hint: string }[] = [
  { value: "quick", label: "Quick", hint: "One pass over the sources." },
  { value: "standard", label: "Standard", hint: "Several researchers and a critic." },
  {
    value: "deep",
    label: "Deep",
    hint: "More sub-questions, and the critic may send researchers out again.",
  },
];

const FRESH: ResearchRequest = {
  question: "",
  sources: [],
  namespace: "default",
  depth: "standard",
  model: null,
  max_seconds: null,
  seed: 0,
  conversation: [],
};

/** The question and the means to answer it. */
export function Composer() {
  const id = useId();
  const [request, setRequest] = useState(FRESH);
  const [more, setMore] = useState(false);
  const start = useStart();
  const edit = (change: Partial<ResearchRequest>) => setRequest((before) => ({ ...before, ...change }));
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (request.question.trim() && !start.isPending) {
      start.mutate({ ...request, question: request.question.trim() });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      submit();
    }
  };
  return (
    <form
      onSubmit={submit}
      aria-label="New research"
      className="rounded-xl border border-input/50 bg-card shadow-lift focus-within:border-ring"
    >
      <label htmlFor={id} className="sr-only">
        Question
      </label>
      <textarea
        id={id}
        value={request.question}
        onChange={(event) => edit({ question: event.target.value })}
        onKeyDown={onKeyDown}
        rows={3}
        maxLength={4000}
        required
        placeholder="Ask something that your documents can answer"
        className="field-sizing-content block max-h-80 min-h-28 w-full resize-none bg-transparent px-5 pt-5 pb-3 font-serif text-xl leading-snug placeholder:text-muted-foreground focus-visible:outline-none sm:text-2xl"
      />
      <div className="border-t px-5 py-3">
        <SourceChips
          sources={request.sources}
          onChange={(sources) => edit({ sources })}
          hint={request.sources.length === 0 ? "None: the whole library" : ""}
        />
      </div>
      {more && <MoreOptions request={request} onChange={edit} />}
      <div className="flex flex-wrap items-center gap-3 border-t px-5 py-3">
        <Segmented
          label="Depth"
          value={request.depth}
          options={DEPTHS}
          onChange={(depth) => edit({ depth })}
        />
        <Button
          variant="ghost"
          aria-expanded={more}
          onClick={() => setMore(!more)}
          className="text-muted-foreground"
        >
          <SlidersHorizontal aria-hidden />
          Options
        </Button>
        <Button type="submit" size="lg" className="ml-auto max-sm:w-full" disabled={start.isPending}>
          {start.isPending ? "Starting…" : "Start research"}
          <ArrowRight aria-hidden />
        </Button>
        <p className="w-full text-sm text-muted-foreground">
          {DEPTHS.find(({ value }) => value === request.depth)?.hint}
        </p>
        <div className="w-full empty:hidden">
          <FailureNote error={start.error} />
        </div>
      </div>
    </form>
  );
}

function useStart() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: ResearchRequest) => unwrap(api.POST("/v1/research", { body })),
    onSuccess: ({ task_id }) => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void navigate(`/runs/${task_id}`);
    },
  });
}
