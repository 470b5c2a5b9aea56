import { CircleAlert, CirclePause } from "lucide-react";
import type { ReactNode } from "react";
import type { RunStatus } from "@/api/types";
import { Message } from "@/components/states/message";
import { cn } from "@/lib/utils";

/** Says why there is no answer, where there is none. */
export function Outcome({ status, error }: { status: RunStatus; error: string | null }) {
  if (status === "failed") {
    return (
      <Note
        tone="bg-destructive/10 text-destructive"
        icon={<CircleAlert aria-hidden />}
        title="The run failed"
      >
        <Message text={error ?? "The server gave no reason."} />
      </Note>
    );
  }
  if (status === "paused") {
    return (
      <Note tone="bg-warning/10 text-warning" icon={<CirclePause aria-hidden />} title="The run is parked">
        Its finished steps are kept, and the model is free for others. Resume goes on from here.
      </Note>
    );
  }
  if (status === "interrupted") {
    return (
      <Note
        tone="bg-warning/10 text-warning"
        icon={<CircleAlert aria-hidden />}
        title="The run was interrupted"
      >
        The process that ran it ended. Nothing is lost: resume goes on after the last finished step.
      </Note>
    );
  }
  return null;
}

function Note({
  tone,
  icon,
  title,
  children,
}: {
  tone: string;
  icon: ReactNode;
  title: string;
  children: ReactNode;
}) {
  return (
    <div
      className={cn(
        "mt-6 flex gap-3 rounded-lg px-4 py-3 [&_svg]:mt-0.5 [&_svg]:size-5 [&_svg]:shrink-0",
        tone,
      )}
    >
      {icon}
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        <p className="text-sm break-words text-foreground">{children}</p>
      </div>
    </div>
  );
}
