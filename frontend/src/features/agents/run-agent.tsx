import { Play } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import { useNavigate } from "react-router";
import { FailureNote } from "@/components/states/failure";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { fieldClasses } from "@/components/ui/input";
import { cn } from "@/lib/utils";
import { useRunAgent } from "./queries";

/** Gives an agent a task and follows its run. */
export function RunAgent({ agentId }: { agentId: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [task, setTask] = useState("");
  const run = useRunAgent(agentId);
  const navigate = useNavigate();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run.mutate(task.trim(), { onSuccess: ({ task_id }) => void navigate(`/runs/${task_id}`) });
  };
  return (
    <Dialog
      trigger={
        <Button variant="outline" size="sm" aria-label={`Run ${agentId}`}>
          <Play aria-hidden /> Run
        </Button>
      }
      open={open}
      onOpenChange={setOpen}
      title={`A task for ${agentId}`}
      description="It works alone, on the whole library, within its own budget."
    >
      <form onSubmit={submit} className="mt-5 space-y-4">
        <Field label="Task" htmlFor={id}>
          <textarea
            id={id}
            rows={3}
            required
            maxLength={4000}
            value={task}
            onChange={(event) => setTask(event.target.value)}
            className={cn(fieldClasses, "py-2")}
          />
        </Field>
        <FailureNote error={run.error} />
        <Button type="submit" disabled={run.isPending || !task.trim()}>
          {run.isPending ? "Starting…" : "Start"}
        </Button>
      </form>
    </Dialog>
  );
}
