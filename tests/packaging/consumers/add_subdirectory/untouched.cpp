// A program of the parent's own: it is compiled as the parent says, not as the SDK needs.
#if __cplusplus >= 202002L
#error "the SDK's language standard reached a program that does not use it"
#endif
int main() { return 0; }
