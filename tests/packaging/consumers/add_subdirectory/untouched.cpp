// A program of the parent project: it is compiled with the parent's settings, not with the SDK's.
#if __cplusplus >= 202002L
#error "the SDK's language standard reached a program that does not use it"
#endif
int main() { return 0; }
