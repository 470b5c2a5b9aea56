import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleSlash2,
  CircleX,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import type { RunStatus } from "@/api/types";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { cn } from "@/lib/utils";

interface Look {
  label: string;
  icon: LucideIcon;
  variant: BadgeVariant;
}

export const STATUS: Record<RunStatus, Look> = {
  queued: { label: "Queued", icon: CircleDashed, variant: "default" },
  running: { label: "Running", icon: LoaderCircle, variant: "accent" },
  paused: { label: "Paused", icon: CirclePause, variant: "warning" },
  interrupted: { label: "Interrupted", icon: CircleAlert, variant: "warning" },
  succeeded: { label: "Answered", icon: CircleCheck, variant: "success" },
  partial: { label: "Partial", icon: CircleSlash2, variant: "warning" },
  failed: { label: "Failed", icon: CircleX, variant: "destructive" },
  cancelled: { label: "Cancelled", icon: Ban, variant: "default" },
};

export function StatusBadge({ status, className }: { status: RunStatus; className?: string }) {
  const { label, icon: Icon, variant } = STATUS[status];
  return (
    <Badge variant={variant} className={className}>
      <Icon aria-hidden className={cn(status === "running" && "animate-spin")} />
      {label}
    </Badge>
  );
}
