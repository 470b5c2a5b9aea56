import {
  Bird,
  BookOpen,
  Brain,
  Cable,
  Cpu,
  History,
  type LucideIcon,
  Search,
  Settings,
  ShieldQuestion,
} from "lucide-react";
import { NavLink } from "react-router";
import { usePendingApprovals } from "@/features/approvals/queries";
import { cn } from "@/lib/utils";

interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
}

const GROUPS: { name: string; places: Place[] }[] = [
  {
    name: "Work",
    places: [
      { to: "/", label: "Research", icon: Search },
      { to: "/runs", label: "Runs", icon: History },
      { to: "/approvals", label: "Approvals", icon: ShieldQuestion },
    ],
  },
  {
    name: "Knowledge",
    places: [
      { to: "/sources", label: "Sources", icon: BookOpen },
      { to: "/memory", label: "Memory", icon: Brain },
    ],
  },
  {
    name: "Colony",
    places: [
      { to: "/agents", label: "Agents", icon: Bird },
      { to: "/models", label: "Models", icon: Cpu },
      { to: "/settings/integrations", label: "Integrations", icon: Cable },
      { to: "/settings", label: "Settings", icon: Settings },
    ],
  },
];

const EXACT = new Set(["/", "/settings"]);

export function Nav({ onGo }: { onGo?: () => void }) {
  const pending = usePendingApprovals();
  return (
    <nav aria-label="Main" className="space-y-6">
      {GROUPS.map((group) => (
        <div key={group.name}>
          <p className="eyebrow mb-1.5 px-3" id={`nav-${group.name}`}>
            {group.name}
          </p>
          <ul aria-labelledby={`nav-${group.name}`} className="space-y-0.5">
            {group.places.map((place) => (
              <li key={place.to}>
                <NavEntry place={place} count={place.to === "/approvals" ? pending : 0} onGo={onGo} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function NavEntry({ place, count, onGo }: { place: Place; count: number; onGo: (() => void) | undefined }) {
  const Icon = place.icon;
  return (
    <NavLink
      to={place.to}
      end={EXACT.has(place.to)}
      onClick={onGo}
      className={({ isActive }) =>
        cn(
          "flex items-center gap-3 rounded-md px-3 py-1.5 text-sm font-medium transition-colors",
          isActive ? "bg-tint text-primary" : "text-foreground/80 hover:bg-sunken hover:text-foreground",
        )
      }
    >
      <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />
      {place.label}
      {count > 0 && (
        <span className="ml-auto rounded-full bg-primary px-1.5 text-xs leading-5 font-semibold text-primary-foreground tabular-nums">
          {count}
          <span className="sr-only"> waiting</span>
        </span>
      )}
    </NavLink>
  );
}
