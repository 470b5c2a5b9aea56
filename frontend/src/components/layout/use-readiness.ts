import { useQuery } from "@tanstack/react-query";
import { readReadiness } from "@/api/client";

/** Whether the server answers and can serve; asked more often while it does not. */
export function useReadiness() {
  return useQuery({
    queryKey: ["readiness"],
    queryFn: readReadiness,
    retry: false,
    refetchInterval: (query) => (query.state.status === "error" ? 3_000 : 30_000),
  });
}
